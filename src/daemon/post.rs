//! The outbox and the channels: letters are made for whoever is told, and sent in their order until they are taken.

use std::time::Duration;

use tracing::{error, info, warn};

use super::lock::is_held;
use crate::{
    alert::{self, Call, Delivery, Telling},
    config::Settings,
    crash,
    fault::{Fault, Outcome},
    ledger::{Channel, Fate, Ledger, Letter, Queued},
    report::Report,
    window::{Instant, Span},
};

/// A letter is tried for so long.
const PATIENCE: Span = Span::from_days(3);
/// One try takes at most so long.
const ONE_TRY: Duration = Duration::from_mins(1);
const FIRST_WAIT: i64 = 15_000_000;
const LONGEST_WAIT: i64 = 3_600_000_000;

/// The letters of a telling, one for each channel of the config.
pub fn compose(settings: &Settings, telling: &Telling, report: Option<&Report>, now: Instant) -> Outcome<Vec<Queued>> {
    let base_url = settings.base_url.as_deref();
    let subject = format!("{}: {} {}", telling.model, telling.severity, telling.events.len());
    let mut queued = Vec::new();
    if let Some(email) = &settings.alerts.email {
        let letter = alert::compose(email, telling, report, base_url, settings.language, now)?;
        queued.push(Queued {
            channel: Channel::Email,
            message_id: letter.message_id.clone(),
            subject: letter.subject.clone(),
            letter: packed(&letter),
        });
    }
    if settings.alerts.webhook.is_some() {
        let call = alert::call_of(telling, base_url);
        let mut letter = format!("{}\n", call.key).into_bytes();
        letter.extend(&call.body);
        queued.push(Queued { channel: Channel::Webhook, message_id: call.key, subject, letter });
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
    /// Sends it, and answers in bounded time what became of it, and the letter as it is from now on.
    fn send(&self, letter: &Letter) -> (Delivery, Vec<u8>);
}

impl Post for Settings {
    fn send(&self, letter: &Letter) -> (Delivery, Vec<u8>) {
        let later = |reason: &str| Delivery::Later {
            reason: reason.to_owned(),
            to: Vec::new(),
            refused: Vec::new(),
            setup: true,
        };
        match letter.channel {
            Channel::Email => {
                let (Some(email), Some(mail)) = (&self.alerts.email, unpacked(&letter.letter)) else {
                    return (later("the config has no alerts.email any more"), letter.letter.clone());
                };
                let delivery = alert::deliver(email, &mail, ONE_TRY);
                let rest = match &delivery {
                    Delivery::Later { to, .. } if !to.is_empty() => packed(&alert::Letter { to: to.clone(), ..mail }),
                    _ => letter.letter.clone(),
                };
                (delivery, rest)
            }
            Channel::Webhook => {
                let call = letter.letter.iter().position(|byte| *byte == b'\n').and_then(|end| {
                    let body = letter.letter.get(end + 1..)?.to_vec();
                    Some(Call { key: letter.message_id.clone(), body })
                });
                let (Some(webhook), Some(call)) = (&self.alerts.webhook, call) else {
                    return (later("the config has no alerts.webhook any more"), letter.letter.clone());
                };
                (alert::post(webhook, &call, ONE_TRY), letter.letter.clone())
            }
        }
    }
}

/// What one round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    pub sent: usize,
    /// When the next letter is due; `None`: the outbox is empty.
    pub next: Option<Instant>,
}

/// Sends what is due. No letter overtakes another of its channel.
pub fn round(
    ledger: &mut Ledger,
    post: &dyn Post,
    clock: &dyn Fn() -> Instant,
    stop: &dyn Fn() -> bool,
) -> Outcome<Round> {
    let mut round = Round::default();
    for channel in Channel::ALL {
        while let Some(letter) = ledger.view(|entry| entry.first_in_line(channel))? {
            if letter.next_at > clock() || stop() {
                round.next = Some(round.next.map_or(letter.next_at, |next| next.min(letter.next_at)));
                break;
            }
            crash::point("outbox.before");
            let (delivery, rest) = post.send(&letter);
            crash::point("outbox.sent");
            settle(ledger, &letter, delivery, &rest, clock())?;
            crash::point("outbox.settled");
            round.sent += 1;
        }
    }
    Ok(round)
}

fn settle(ledger: &mut Ledger, letter: &Letter, delivery: Delivery, rest: &[u8], now: Instant) -> Outcome<()> {
    let (channel, subject, message_id) = (letter.channel.word(), &letter.subject, &letter.message_id);
    match delivery {
        Delivery::Accepted { refused } => {
            let reason = (!refused.is_empty()).then(|| format!("not to everybody: {}", refused.join("; ")));
            match &reason {
                Some(reason) => error!(channel, message_id, "{subject}: sent, but {reason}"),
                None => info!(channel, message_id, "{subject}: sent"),
            }
            let fate = if reason.is_some() { Fate::Partly } else { Fate::Sent };
            ledger.write(|entry| entry.settle(letter.id, fate, reason.as_deref(), now))
        }
        Delivery::Refused(reason) => {
            error!(channel, message_id, "{subject}: refused for good: {reason}");
            ledger.write(|entry| entry.settle(letter.id, Fate::Refused, Some(&reason), now))
        }
        Delivery::Later { reason, setup, refused, .. } => {
            let mut reason = reason;
            if !refused.is_empty() {
                reason = format!("{reason}; never to {}", refused.join("; "));
            }
            if now.0.saturating_sub(letter.queued_at.0) >= PATIENCE.microseconds() {
                error!(channel, message_id, "{subject}: given up after three days: {reason}");
                return ledger.write(|entry| entry.settle(letter.id, Fate::Expired, Some(&reason), now));
            }
            if setup {
                error!(channel, message_id, "{subject}: cannot be sent until somebody mends it: {reason}");
            } else {
                warn!(channel, message_id, "{subject}: not sent yet: {reason}");
            }
            let wait = FIRST_WAIT.saturating_mul(1 << letter.attempts.min(20)).min(LONGEST_WAIT);
            let next = Instant(now.0.saturating_add(wait));
            ledger.write(|entry| entry.postpone(letter.id, rest, &reason, next))
        }
    }
}

/// Sends what is due once, and says what became of it: for a command, not for the daemon.
pub fn send_now(ledger: &mut Ledger, settings: &Settings) -> Outcome<()> {
    // A daemon that runs sends them in their order; two senders would send some twice.
    if is_held(&settings.state) {
        return Ok(());
    }
    round(ledger, settings, &Instant::now, &|| false)?;
    let is_waiting = |letter: &Letter| letter.state == "queued";
    match ledger.view(|entry| entry.undelivered().map(|letters| letters.into_iter().rfind(is_waiting)))? {
        None => Ok(()),
        Some(letter) => Err(Fault::retry(format!(
            "{}: {}; it stays in the outbox",
            letter.channel.word(),
            letter.reason.as_deref().unwrap_or("not sent yet")
        ))),
    }
}
