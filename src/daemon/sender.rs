//! Composes messages for the outbox, and sends queued messages to each recipient in order until they are delivered.

use std::{
    thread,
    time::{Duration, Instant as StdInstant},
};

use tracing::{error, info, warn};
use vigie_profile::{
    shown::shown,
    window::{Instant, Span},
};

use super::lock::{is_held, lock_channel};
use crate::{
    alert::{ComposeContext, Delivery, Message, Notification, Refusal, Timeouts},
    config::{Alerts, Settings},
    crash,
    fault::{Fault, Result},
    ledger::{FinalState, Ledger, NewMessage, QueuedMessage, Recipient},
    monitor::{NOT_TRACKED, TRACKING, is_tracked, send_tracked},
    report::Report,
};

/// A message expires after this time and number of attempts. Both are required: after days without power, the first
/// attempts may come before the network is up, and a step of the clock is not time that has passed.
const EXPIRY: Span = Span::from_days(3);
const EXPIRY_ATTEMPTS: u32 = 72;
/// How long a command waits for another process that is sending.
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);
const FIRST_BACKOFF_US: i64 = 15_000_000;
const MAX_BACKOFF_US: i64 = 3_600_000_000;

/// Composes the messages for a notification on every configured channel.
pub fn compose_messages(
    settings: &Settings,
    notification: &Notification,
    report: Option<&Report>,
    now: Instant,
) -> Result<Vec<NewMessage>> {
    let context = ComposeContext { report, base_url: settings.base_url.as_deref(), language: settings.language, now };
    let mut messages = Vec::new();
    for channel in settings.alerts.channels() {
        let spec = channel.spec();
        for Message { message_id, subject, to, bytes } in channel.compose(notification, &context)? {
            let channel = spec.word.to_owned();
            messages.push(NewMessage { channel, message_id, subject, to, payload: bytes, is_thread: spec.has_threads });
        }
    }
    Ok(messages)
}

/// The channels of the outbox by their names, the fastest first.
pub(super) fn outbox_channels() -> Vec<&'static str> {
    Alerts::specs().into_iter().map(|spec| spec.word).chain([TRACKING]).collect()
}

/// Why messages of a channel wait without being tried; `None` if they are tried.
#[must_use]
pub fn why_waiting(settings: &Settings, channel: &str) -> Option<String> {
    if channel == TRACKING {
        return (!is_tracked(settings)).then(|| NOT_TRACKED.to_owned());
    }
    settings.alerts.why_waiting(channel)
}

/// Sends messages: over the real channels, or a test's.
pub trait Transport {
    /// Sends a message with this payload to its recipients. Returns within bounded time.
    fn send(&self, message: &QueuedMessage, payload: &[u8]) -> Delivery;
}

impl Transport for Settings {
    fn send(&self, message: &QueuedMessage, payload: &[u8]) -> Delivery {
        let to: Vec<String> = message.to.iter().map(|recipient| recipient.address.clone()).collect();
        if message.channel == TRACKING {
            let attempts = message.to.iter().map(|recipient| recipient.attempts).max().unwrap_or_default();
            return match send_tracked(self, &to, payload) {
                // A proxy, or a run that is being deleted, may be the reason. With the pauses between attempts, MLflow has
                // rejected the last one for almost three days, and later windows wait behind it.
                Delivery::Refused { reason, .. } if attempts + 1 < EXPIRY_ATTEMPTS => {
                    Delivery::later(&reason, None).waiting_for(&to)
                }
                delivery => delivery,
            };
        }
        let Some(channel) = self.alerts.channel(&message.channel) else {
            let (reason, replies, refused) = (Alerts::why_missing(&message.channel), Vec::new(), Vec::new());
            return Delivery::Later { reason, to, replies, refused, setup: true, retry_after: None };
        };
        let message = Message {
            message_id: message.message_id.clone(),
            subject: message.subject.clone(),
            to,
            bytes: payload.to_owned(),
        };
        channel.send(&message, Timeouts::default())
    }
}

/// The result of sending what is due on one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendSummary {
    pub attempted: usize,
    /// When the next message is due; `None` if the channel has no queued messages.
    pub next: Option<Instant>,
}

/// Sends what is due on a channel. Each recipient receives messages in order.
pub fn send_due(
    ledger: &mut Ledger,
    channel: &str,
    transport: &dyn Transport,
    clock: &dyn Fn() -> Instant,
    stop: &dyn Fn() -> bool,
) -> Result<SendSummary> {
    let mut summary = SendSummary::default();
    loop {
        let front = ledger.view(|tx| tx.next_messages(channel))?;
        let now = clock();
        let due = front.iter().filter(|_| !stop()).find_map(|message| due(message, now));
        let Some(message) = due else {
            summary.next = front.iter().flat_map(|message| &message.to).map(|recipient| recipient.next_at).min();
            return Ok(summary);
        };
        let payload = ledger.view(|tx| tx.payload(message.id))?;
        crash::point("outbox.before");
        let delivery = transport.send(&message, &payload);
        crash::point("outbox.sent");
        settle(ledger, &message, delivery, clock())?;
        crash::point("outbox.settled");
        summary.attempted += 1;
    }
}

/// Returns the message with the recipients that are due.
fn due(message: &QueuedMessage, now: Instant) -> Option<QueuedMessage> {
    let mut message = message.clone();
    // A time that no attempt could have set was set while the clock was ahead.
    let is_due = |next: Instant| next <= now || next.0.saturating_sub(now.0) > MAX_BACKOFF_US;
    message.to.retain(|recipient| is_due(recipient.next_at));
    (!message.to.is_empty()).then_some(message)
}

/// Records the outcome for each recipient.
fn settle(ledger: &mut Ledger, message: &QueuedMessage, delivery: Delivery, now: Instant) -> Result<()> {
    let (channel, subject, message_id) = (&message.channel, &message.subject, &message.message_id);
    let is_old = now.0.saturating_sub(message.queued_at.0) >= EXPIRY.microseconds();
    let mut pause = Duration::ZERO;
    let mut outcomes: Vec<(&Recipient, Option<FinalState>, Option<String>)> = Vec::new();
    match delivery {
        Delivery::Accepted { refused } => {
            outcomes.extend(message.to.iter().map(
                |to| match refused.iter().find(|refusal| refusal.to == to.address) {
                    Some(refusal) => (to, Some(FinalState::Refused), Some(refusal.reply.clone())),
                    None => (to, Some(FinalState::Sent), None),
                },
            ));
            match refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ") {
                refused if refused.is_empty() => info!(channel, message_id, "{subject}: sent"),
                refused => error!(channel, message_id, "{subject}: sent, but some recipients were refused: {refused}"),
            }
        }
        Delivery::Refused { reason, replies } => {
            error!(channel, message_id, "{subject}: permanently refused: {reason}");
            let why = |to: &Recipient| reply(&replies, to).unwrap_or(&reason).to_owned();
            outcomes.extend(message.to.iter().map(|to| (to, Some(FinalState::Refused), Some(why(to)))));
        }
        Delivery::Later { reason, setup, to: waiting, replies, refused, retry_after } => {
            pause = retry_after.unwrap_or_default();
            let why = |to: &Recipient| reply(&replies, to).unwrap_or(&reason).to_owned();
            let is_waiting = |to: &Recipient| to.address.is_empty() || waiting.contains(&to.address);
            // A setup error never expires: it waits until someone fixes it. Nor do figures, which stay true.
            let can_expire = is_old && !setup && channel != TRACKING;
            let is_expired = |to: &Recipient| can_expire && to.attempts + 1 >= EXPIRY_ATTEMPTS;
            let has_expired = message.to.iter().any(|to| is_waiting(to) && is_expired(to));
            outcomes.extend(message.to.iter().map(
                |to| match refused.iter().find(|refusal| refusal.to == to.address) {
                    Some(refusal) => (to, Some(FinalState::Refused), Some(refusal.reply.clone())),
                    None if is_waiting(to) => (to, is_expired(to).then_some(FinalState::Expired), Some(why(to))),
                    None => (to, Some(FinalState::Sent), None),
                },
            ));
            if !refused.is_empty() {
                let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
                error!(channel, message_id, "{subject}: recipients permanently refused: {}", refused.join("; "));
            }
            if has_expired {
                error!(channel, message_id, "{subject}: gave up after three days: {reason}");
            } else if setup {
                error!(channel, message_id, "{subject}: cannot be sent until the setup is fixed: {reason}");
            } else {
                warn!(channel, message_id, "{subject}: not sent yet: {reason}");
            }
        }
    }
    ledger.write(|tx| {
        for (to, state, reason) in &outcomes {
            match state {
                Some(state) => tx.settle(message.id, &to.address, *state, reason.as_deref(), now)?,
                None => {
                    let backoff = FIRST_BACKOFF_US.saturating_mul(1 << to.attempts.min(20));
                    let pause = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
                    let next = Instant(now.0.saturating_add(backoff.max(pause).min(MAX_BACKOFF_US)));
                    tx.postpone(message.id, &to.address, reason.as_deref().unwrap_or_default(), next)?;
                }
            }
        }
        Ok(())
    })
}

/// Returns the server's reply to this recipient.
fn reply<'a>(replies: &'a [Refusal], to: &Recipient) -> Option<&'a str> {
    replies.iter().find(|refusal| refusal.to == to.address).map(|refusal| refusal.reply.as_str())
}

/// Sends what is due on these channels once, skipping channels on which another process keeps sending.
pub(super) fn send_due_on(
    channels: &[&'static str],
    ledger: &mut Ledger,
    settings: &Settings,
    clock: &dyn Fn() -> Instant,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    for channel in channels {
        let end = StdInstant::now() + LOCK_TIMEOUT;
        let lock = loop {
            let lock = lock_channel(&settings.state, channel)?;
            if lock.is_some() || stop() || StdInstant::now() >= end {
                break lock;
            }
            thread::sleep(Duration::from_millis(50));
        };
        // Otherwise the process that holds the lock sends this process's messages too.
        if lock.is_some() {
            send_due(ledger, channel, settings, clock, stop)?;
        }
    }
    Ok(())
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough over lifetimes")]
fn undelivered(ledger: &mut Ledger) -> Result<Vec<QueuedMessage>> {
    ledger.view(|tx| tx.undelivered())
}

/// Sends what is due once on all channels, and reports the outcome. For commands, not for the daemon.
pub fn send_now(ledger: &mut Ledger, settings: &Settings) -> Result<()> {
    send_once(ledger, settings, &outbox_channels())
}

/// Logs to MLflow what is due, and reports the outcome. For commands, not for the daemon.
pub fn track_now(ledger: &mut Ledger, settings: &Settings) -> Result<()> {
    send_once(ledger, settings, &[TRACKING])
}

fn send_once(ledger: &mut Ledger, settings: &Settings, channels: &[&'static str]) -> Result<()> {
    // A running daemon sends the messages itself.
    if is_held(&settings.state) {
        return Ok(());
    }
    let queued = |messages: &[QueuedMessage]| -> Vec<(i64, String)> {
        let own = messages.iter().filter(|message| channels.contains(&message.channel.as_str()));
        let each = own.flat_map(|message| message.to.iter().map(|to| (message.id, to)));
        each.filter(|(_, to)| to.is_queued()).map(|(id, to)| (id, to.address.clone())).collect()
    };
    let before = queued(&undelivered(ledger)?);
    send_due_on(channels, ledger, settings, &Instant::now, &|| false)?;
    let left = undelivered(ledger)?;
    let attempted = left.iter().rev().flat_map(|message| message.to.iter().map(move |to| (message, to)));
    let mut attempted = attempted.filter(|(message, to)| before.contains(&(message.id, to.address.clone())));
    // Report the latest message that is still queued; if there is none, the latest that was refused or has expired.
    let (found, state) = match attempted.clone().find(|(_, to)| to.is_queued()) {
        None => (attempted.next(), "it will not be retried"),
        queued => (queued, "it stays in the outbox"),
    };
    match found {
        None => Ok(()),
        Some((message, to)) => {
            let recipient = if to.address.is_empty() { String::new() } else { format!(" to {}", shown(&to.address)) };
            let reason = to.reason.clone().or_else(|| why_waiting(settings, &message.channel));
            Err(Fault::retry(format!(
                "{}{recipient}: {}; {state}",
                message.channel,
                reason.as_deref().unwrap_or("not sent yet")
            )))
        }
    }
}
