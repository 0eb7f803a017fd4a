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
    alert::{self, Delivery, Notification, Refusal, Timeouts, WebhookCall},
    config::Settings,
    crash,
    fault::{Fault, Result},
    ledger::{Channel, FinalState, Ledger, NewMessage, QueuedMessage, Recipient},
    report::Report,
};

/// A message expires after this time and number of attempts. Both are required: after days without power, the first
/// attempts may come before the network is up.
const EXPIRY: Span = Span::from_days(3);
const EXPIRY_ATTEMPTS: u32 = 12;
/// Timeout of one webhook call.
const WEBHOOK_TIMEOUT: Duration = Duration::from_mins(1);
/// How long a command waits for another process that is sending.
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);
const FIRST_BACKOFF_US: i64 = 15_000_000;
const MAX_BACKOFF_US: i64 = 3_600_000_000;

/// Composes the messages for a notification, one for each configured channel.
pub fn compose_messages(
    settings: &Settings,
    notification: &Notification,
    report: Option<&Report>,
    now: Instant,
) -> Result<Vec<NewMessage>> {
    let base_url = settings.base_url.as_deref();
    let subject = format!("{}: {} {}", notification.model, notification.severity, notification.events.len());
    let mut messages = Vec::new();
    if let Some(email) = &settings.alerts.email {
        let mail = alert::compose(email, notification, report, base_url, settings.language, now)?;
        messages.push(NewMessage {
            channel: Channel::Email,
            message_id: mail.message_id.clone(),
            subject: mail.subject.clone(),
            to: mail.to.clone(),
            payload: encode(&mail),
        });
    }
    if settings.alerts.webhook.is_some() {
        let call = alert::webhook_call(notification, base_url);
        let mut payload = format!("{}\n", call.key).into_bytes();
        payload.extend(&call.body);
        messages.push(NewMessage { channel: Channel::Webhook, message_id: call.key, subject, to: Vec::new(), payload });
    }
    Ok(messages)
}

/// Encodes an email as a payload: Message-ID, subject and recipients on one line each, an empty line, the email.
fn encode(mail: &alert::Message) -> Vec<u8> {
    let subject = mail.subject.replace(['\n', '\r'], " ");
    let mut bytes = format!("{}\n{subject} \n", mail.message_id).into_bytes();
    for to in &mail.to {
        bytes.extend(to.as_bytes());
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    bytes.extend(&mail.bytes);
    bytes
}

fn decode(bytes: &[u8]) -> Option<alert::Message> {
    let end = bytes.windows(2).position(|two| two == b"\n\n")?;
    let mut lines = str::from_utf8(bytes.get(..end)?).ok()?.lines();
    let message_id = lines.next()?.to_owned();
    let subject = lines.next()?.trim_end().to_owned();
    Some(alert::Message {
        message_id,
        subject,
        to: lines.map(ToOwned::to_owned).collect(),
        bytes: bytes.get(end + 2..)?.to_vec(),
    })
}

/// Sends messages: over the real channels, or a test's.
pub trait Transport {
    /// Sends a message with this payload to its recipients. Returns within bounded time.
    fn send(&self, message: &QueuedMessage, payload: &[u8]) -> Delivery;
}

impl Transport for Settings {
    fn send(&self, message: &QueuedMessage, payload: &[u8]) -> Delivery {
        let to: Vec<String> = message.to.iter().map(|recipient| recipient.address.clone()).collect();
        let setup_error = |reason: &str| Delivery::Later {
            reason: reason.to_owned(),
            to: to.clone(),
            replies: Vec::new(),
            refused: Vec::new(),
            setup: true,
        };
        match message.channel {
            Channel::Email => {
                let (Some(email), Some(mail)) = (&self.alerts.email, decode(payload)) else {
                    return setup_error("alerts.email is no longer configured");
                };
                alert::deliver(email, &alert::Message { to, ..mail }, Timeouts::default())
            }
            Channel::Webhook => {
                let call = payload.iter().position(|byte| *byte == b'\n').and_then(|end| {
                    let body = payload.get(end + 1..)?.to_vec();
                    Some(WebhookCall { key: message.message_id.clone(), body })
                });
                let (Some(webhook), Some(call)) = (&self.alerts.webhook, call) else {
                    return setup_error("alerts.webhook is no longer configured");
                };
                alert::post(webhook, &call, WEBHOOK_TIMEOUT)
            }
        }
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
    channel: Channel,
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
    message.to.retain(|recipient| recipient.next_at <= now);
    (!message.to.is_empty()).then_some(message)
}

/// Records the outcome for each recipient.
fn settle(ledger: &mut Ledger, message: &QueuedMessage, delivery: Delivery, now: Instant) -> Result<()> {
    let (channel, subject, message_id) = (message.channel.word(), &message.subject, &message.message_id);
    let is_old = now.0.saturating_sub(message.queued_at.0) >= EXPIRY.microseconds();
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
        Delivery::Later { reason, setup, to: waiting, replies, refused } => {
            let why = |to: &Recipient| reply(&replies, to).unwrap_or(&reason).to_owned();
            let is_waiting = |to: &Recipient| message.channel == Channel::Webhook || waiting.contains(&to.address);
            // A setup error never expires: it waits until someone fixes it.
            let is_expired = |to: &Recipient| is_old && !setup && to.attempts + 1 >= EXPIRY_ATTEMPTS;
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
                    let backoff = FIRST_BACKOFF_US.saturating_mul(1 << to.attempts.min(20)).min(MAX_BACKOFF_US);
                    let next = Instant(now.0.saturating_add(backoff));
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

/// Sends what is due on all channels once, skipping channels on which another process keeps sending.
pub(super) fn send_due_on_all_channels(
    ledger: &mut Ledger,
    settings: &Settings,
    clock: &dyn Fn() -> Instant,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    for channel in Channel::ALL {
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

/// Sends what is due once, and reports the outcome. For commands, not for the daemon.
pub fn send_now(ledger: &mut Ledger, settings: &Settings) -> Result<()> {
    // A running daemon sends the messages itself.
    if is_held(&settings.state) {
        return Ok(());
    }
    let queued = |messages: &[QueuedMessage]| -> Vec<(i64, String)> {
        let each = messages.iter().flat_map(|message| message.to.iter().map(|to| (message.id, to)));
        each.filter(|(_, to)| to.is_queued()).map(|(id, to)| (id, to.address.clone())).collect()
    };
    let before = queued(&undelivered(ledger)?);
    send_due_on_all_channels(ledger, settings, &Instant::now, &|| false)?;
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
            Err(Fault::retry(format!(
                "{}{recipient}: {}; {state}",
                message.channel.word(),
                to.reason.as_deref().unwrap_or("not sent yet")
            )))
        }
    }
}
