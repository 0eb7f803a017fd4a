//! What has still to be told: letters ready to send, in the order of their runs.

use rusqlite::{OptionalExtension, Row, params};

use super::Entry;
use crate::{fault::Outcome, window::Instant};

/// The way a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    Email,
    Webhook,
}

impl Channel {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Email, Self::Webhook];

    /// The word in the ledger and in `vigie status`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

/// What is to be put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub channel: Channel,
    pub message_id: String,
    /// In a few words, for `vigie status`.
    pub subject: String,
    /// What the channel made of it, ready to send.
    pub letter: Vec<u8>,
}

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// To some of those it was meant for.
    Partly,
    /// The other side will never take it.
    Refused,
    /// It was tried for too long.
    Expired,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Partly => "partly",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }
}

/// A letter in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub id: i64,
    pub model: String,
    pub channel: Channel,
    pub message_id: String,
    pub subject: String,
    pub letter: Vec<u8>,
    pub queued_at: Instant,
    /// Not tried before.
    pub next_at: Instant,
    pub attempts: u32,
    /// `queued`, `sent`, `partly`, `refused`, `expired`.
    pub state: String,
    /// Why it is not sent.
    pub reason: Option<String>,
}

const COLUMNS: &str = "id, model, channel, message_id, subject, letter, queued_us, next_us, attempts, state, reason";

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let channel: String = row.get(2)?;
    Ok(Letter {
        id: row.get(0)?,
        model: row.get(1)?,
        channel: if channel == Channel::Webhook.word() { Channel::Webhook } else { Channel::Email },
        message_id: row.get(3)?,
        subject: row.get(4)?,
        letter: row.get(5)?,
        queued_at: Instant(row.get(6)?),
        next_at: Instant(row.get(7)?),
        attempts: row.get(8)?,
        state: row.get(9)?,
        reason: row.get(10)?,
    })
}

impl Entry<'_> {
    /// Puts a letter behind those that wait. One of the same Message-ID is there already: nothing is told twice.
    pub fn queue(&self, run: Option<i64>, model: &str, queued: &Queued, now: Instant) -> Outcome<()> {
        let sql = "INSERT OR IGNORE INTO outbox (run, model, channel, message_id, subject, letter, queued_us, next_us, state) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 'queued')";
        let values =
            params![run, model, queued.channel.word(), queued.message_id, queued.subject, queued.letter, now.0];
        self.done(self.tx.execute(sql, values))?;
        Ok(())
    }

    /// The letter that has waited longest on its channel: none overtakes it, due or not.
    pub fn first_in_line(&self, channel: Channel) -> Outcome<Option<Letter>> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE state = 'queued' AND channel = ?1 ORDER BY id LIMIT 1");
        self.done(self.tx.query_row(&sql, [channel.word()], letter).optional())
    }

    /// The letter is settled; only that it was there is kept.
    pub fn settle(&self, id: i64, fate: Fate, reason: Option<&str>, now: Instant) -> Outcome<()> {
        let sql = "UPDATE outbox SET state = ?2, reason = ?3, settled_us = ?4, letter = x'', attempts = attempts + 1 WHERE id = ?1";
        self.done(self.tx.execute(sql, params![id, fate.word(), reason, now.0]))?;
        Ok(())
    }

    /// The letter, as it is now, is tried again at `next`.
    pub fn postpone(&self, id: i64, letter: &[u8], reason: &str, next: Instant) -> Outcome<()> {
        let sql = "UPDATE outbox SET attempts = attempts + 1, letter = ?2, reason = ?3, next_us = ?4 WHERE id = ?1";
        self.done(self.tx.execute(sql, params![id, letter, reason, next.0]))?;
        Ok(())
    }

    /// Letters that wait or were never taken, oldest first, without their content.
    pub fn undelivered(&self) -> Outcome<Vec<Letter>> {
        let columns = COLUMNS.replace(" letter,", " x'',");
        self.rows(&format!("SELECT {columns} FROM outbox WHERE state <> 'sent' ORDER BY id"), [], letter)
    }

    /// Drops letters that were settled before.
    pub fn forget_letters(&self, model: &str, before: Instant) -> Outcome<()> {
        let sql = "DELETE FROM outbox WHERE model = ?1 AND state <> 'queued' AND settled_us < ?2";
        self.done(self.tx.execute(sql, params![model, before.0]))?;
        Ok(())
    }
}
