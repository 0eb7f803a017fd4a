//! The outbox and the channels: letters are made for whoever is told, and sent to each in their order until they are taken.

use std::{
    thread,
    time::{Duration, Instant as Stopwatch},
};

use tracing::{error, info, warn};
use vigie_profile::window::{Instant, Span};

use super::lock::{is_held, lock_channel};
use crate::{
    alert::{self, Call, Delivery, Patience, Telling},
    config::Settings,
    crash,
    fault::{Fault, Result},
    ledger::{Channel, Fate, Ledger, Letter, Queued, Recipient},
    report::Report,
};

/// A letter is tried for so long, and so often: after days without power the first try may come before the network does.
const GIVEN_UP: Span = Span::from_days(3);
const GIVEN_UP_TRIES: u32 = 12;
/// One call of a webhook takes at most so long.
const ONE_CALL: Duration = Duration::from_mins(1);
/// A command waits so long for another process that is sending.
const OTHERS: Duration = Duration::from_mins(1);
const FIRST_WAIT: i64 = 15_000_000;
const LONGEST_WAIT: i64 = 3_600_000_000;

/// The letters of a telling, one for each channel of the config.
pub fn compose(settings: &Settings, telling: &Telling, report: Option<&Report>, now: Instant) -> Result<Vec<Queued>> {
    let base_url = settings.base_url.as_deref();
    let subject = format!("{}: {} {}", telling.model, telling.severity, telling.events.len());
    let mut queued = Vec::new();
    if let Some(email) = &settings.alerts.email {
        let letter = alert::compose(email, telling, report, base_url, settings.language, now)?;
        queued.push(Queued {
            channel: Channel::Email,
            message_id: letter.message_id.clone(),
            subject: letter.subject.clone(),
            to: letter.to.clone(),
            letter: packed(&letter),
        });
    }
    if settings.alerts.webhook.is_some() {
        let call = alert::call_of(telling, base_url);
        let mut letter = format!("{}\n", call.key).into_bytes();
        letter.extend(&call.body);
        queued.push(Queued { channel: Channel::Webhook, message_id: call.key, subject, to: Vec::new(), letter });
    }
    Ok(queued)
}

/// A letter as bytes: Message-ID, subject and recipients on a line each, an empty line, the mail.
fn packed(letter: &alert::Letter) -> Vec<u8> {
    let subject = letter.subject.replace(['\n', '\r'], " ");
    let mut bytes = format!("{}\n{subject} \n", letter.message_id).into_bytes();
    for to in &letter.to {
        bytes.extend(to.as_bytes());
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    bytes.extend(&letter.bytes);
    bytes
}

fn unpacked(bytes: &[u8]) -> Option<alert::Letter> {
    let end = bytes.windows(2).position(|two| two == b"\n\n")?;
    let mut lines = str::from_utf8(bytes.get(..end)?).ok()?.lines();
    let message_id = lines.next()?.to_owned();
    let subject = lines.next()?.trim_end().to_owned();
    Some(alert::Letter {
        message_id,
        subject,
        to: lines.map(ToOwned::to_owned).collect(),
        bytes: bytes.get(end + 2..)?.to_vec(),
    })
}

/// How a letter is sent: the real channels, or those of a test.
pub trait Post {
    /// Sends a letter with this content to its recipients, and answers in bounded time what became of it.
    fn send(&self, letter: &Letter, content: &[u8]) -> Delivery;
}

impl Post for Settings {
    fn send(&self, letter: &Letter, content: &[u8]) -> Delivery {
        let to: Vec<String> = letter.to.iter().map(|recipient| recipient.address.clone()).collect();
        let cannot = |reason: &str| Delivery::Later {
            reason: reason.to_owned(),
            to: to.clone(),
            refused: Vec::new(),
            setup: true,
        };
        match letter.channel {
            Channel::Email => {
                let (Some(email), Some(mail)) = (&self.alerts.email, unpacked(content)) else {
                    return cannot("the config has no alerts.email any more");
                };
                alert::deliver(email, &alert::Letter { to, ..mail }, Patience::default())
            }
            Channel::Webhook => {
                let call = content.iter().position(|byte| *byte == b'\n').and_then(|end| {
                    let body = content.get(end + 1..)?.to_vec();
                    Some(Call { key: letter.message_id.clone(), body })
                });
                let (Some(webhook), Some(call)) = (&self.alerts.webhook, call) else {
                    return cannot("the config has no alerts.webhook any more");
                };
                alert::post(webhook, &call, ONE_CALL)
            }
        }
    }
}

/// What one round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    pub tried: usize,
    /// When the next letter is due; `None`: nothing waits on this channel.
    pub next: Option<Instant>,
}

/// Sends what is due on a channel. For no recipient does a letter overtake another.
pub fn round(
    ledger: &mut Ledger,
    channel: Channel,
    post: &dyn Post,
    clock: &dyn Fn() -> Instant,
    stop: &dyn Fn() -> bool,
) -> Result<Round> {
    let mut round = Round::default();
    loop {
        let front = ledger.view(|entry| entry.in_front(channel))?;
        let now = clock();
        let due = front.iter().filter(|_| !stop()).find_map(|letter| due(letter, now));
        let Some(letter) = due else {
            round.next = front.iter().flat_map(|letter| &letter.to).map(|recipient| recipient.next_at).min();
            return Ok(round);
        };
        let content = ledger.view(|entry| entry.content(letter.id))?;
        crash::point("outbox.before");
        let delivery = post.send(&letter, &content);
        crash::point("outbox.sent");
        settle(ledger, &letter, delivery, clock())?;
        crash::point("outbox.settled");
        round.tried += 1;
    }
}

/// The letter with those recipients for whom it is time.
fn due(letter: &Letter, now: Instant) -> Option<Letter> {
    let mut letter = letter.clone();
    letter.to.retain(|recipient| recipient.next_at <= now);
    (!letter.to.is_empty()).then_some(letter)
}

/// What became of it, written down for each recipient.
fn settle(ledger: &mut Ledger, letter: &Letter, delivery: Delivery, now: Instant) -> Result<()> {
    let (channel, subject, message_id) = (letter.channel.word(), &letter.subject, &letter.message_id);
    let is_old = now.0.saturating_sub(letter.queued_at.0) >= GIVEN_UP.microseconds();
    let mut fates: Vec<(&Recipient, Option<Fate>, Option<String>)> = Vec::new();
    match delivery {
        Delivery::Accepted { refused } => {
            fates.extend(letter.to.iter().map(|to| match refused.iter().find(|refusal| refusal.to == to.address) {
                Some(refusal) => (to, Some(Fate::Refused), Some(refusal.to_string())),
                None => (to, Some(Fate::Sent), None),
            }));
            match refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ") {
                refused if refused.is_empty() => info!(channel, message_id, "{subject}: sent"),
                refused => error!(channel, message_id, "{subject}: sent, but not to everybody: {refused}"),
            }
        }
        Delivery::Refused(reason) => {
            error!(channel, message_id, "{subject}: refused for good: {reason}");
            fates.extend(letter.to.iter().map(|to| (to, Some(Fate::Refused), Some(own(&reason, to)))));
        }
        Delivery::Later { reason, setup, to: waiting, refused } => {
            let waits = |to: &Recipient| letter.channel == Channel::Webhook || waiting.contains(&to.address);
            // What a person has to mend waits for that person.
            let is_late = |to: &Recipient| is_old && !setup && to.attempts + 1 >= GIVEN_UP_TRIES;
            let is_given_up = letter.to.iter().any(|to| waits(to) && is_late(to));
            fates.extend(letter.to.iter().map(|to| match refused.iter().find(|refusal| refusal.to == to.address) {
                Some(refusal) => (to, Some(Fate::Refused), Some(refusal.to_string())),
                None if waits(to) => (to, is_late(to).then_some(Fate::Expired), Some(own(&reason, to))),
                None => (to, Some(Fate::Sent), None),
            }));
            if !refused.is_empty() {
                let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
                error!(channel, message_id, "{subject}: never to {}", refused.join("; "));
            }
            if is_given_up {
                error!(channel, message_id, "{subject}: given up after three days: {reason}");
            } else if setup {
                error!(channel, message_id, "{subject}: cannot be sent until somebody mends it: {reason}");
            } else {
                warn!(channel, message_id, "{subject}: not sent yet: {reason}");
            }
        }
    }
    ledger.write(|entry| {
        for (to, fate, reason) in &fates {
            match fate {
                Some(fate) => entry.settle(letter.id, &to.address, *fate, reason.as_deref(), now)?,
                None => {
                    let wait = FIRST_WAIT.saturating_mul(1 << to.attempts.min(20)).min(LONGEST_WAIT);
                    let next = Instant(now.0.saturating_add(wait));
                    entry.postpone(letter.id, &to.address, reason.as_deref().unwrap_or_default(), next)?;
                }
            }
        }
        Ok(())
    })
}

/// What is said of this recipient, where a reason names several.
fn own(reason: &str, to: &Recipient) -> String {
    let name = format!("{}: ", to.address);
    reason.split("; ").find(|said| said.starts_with(&name)).unwrap_or(reason).to_owned()
}

/// Sends what is due once, whatever the channel, when no other process does.
pub(super) fn rounds(
    ledger: &mut Ledger,
    settings: &Settings,
    clock: &dyn Fn() -> Instant,
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    for channel in Channel::ALL {
        let end = Stopwatch::now() + OTHERS;
        let lock = loop {
            let lock = lock_channel(&settings.state, channel)?;
            if lock.is_some() || stop() || Stopwatch::now() >= end {
                break lock;
            }
            thread::sleep(Duration::from_millis(50));
        };
        // Whoever sends for longer than that finds the letters of this process in the outbox.
        if lock.is_some() {
            round(ledger, channel, settings, clock, stop)?;
        }
    }
    Ok(())
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough over lifetimes")]
fn undelivered(ledger: &mut Ledger) -> Result<Vec<Letter>> {
    ledger.view(|entry| entry.undelivered())
}

/// Sends what is due once, and says what became of it: for a command, not for the daemon.
pub fn send_now(ledger: &mut Ledger, settings: &Settings) -> Result<()> {
    // A daemon that runs sends them in their order.
    if is_held(&settings.state) {
        return Ok(());
    }
    let in_wait = |letters: &[Letter]| -> Vec<(i64, String)> {
        let each = letters.iter().flat_map(|letter| letter.to.iter().map(|to| (letter.id, to)));
        each.filter(|(_, to)| to.waits()).map(|(id, to)| (id, to.address.clone())).collect()
    };
    let before = in_wait(&undelivered(ledger)?);
    rounds(ledger, settings, &Instant::now, &|| false)?;
    let left = undelivered(ledger)?;
    let tried = left.iter().rev().flat_map(|letter| letter.to.iter().map(move |to| (letter, to)));
    let mut tried = tried.filter(|(letter, to)| before.contains(&(letter.id, to.address.clone())));
    // The latest that still waits speaks for all; without one, the latest that will never be taken.
    let (found, fate) = match tried.clone().find(|(_, to)| to.waits()) {
        None => (tried.next(), "it is not tried again"),
        waiting => (waiting, "it stays in the outbox"),
    };
    match found {
        None => Ok(()),
        Some((letter, to)) => Err(Fault::retry(format!(
            "{}: {}; {fate}",
            letter.channel.word(),
            to.reason.as_deref().unwrap_or("not sent yet")
        ))),
    }
}
