//! What has still to be told: letters ready to send, each with those it goes to. Each recipient gets them in the order
//! of their runs; one who cannot be reached keeps nobody else waiting.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};
use vigie_profile::window::Instant;

use super::Entry;
use crate::fault::Result;

/// The way a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    Webhook,
    Email,
}

impl Channel {
    /// Every way, the quick one first.
    pub const ALL: [Self; 2] = [Self::Webhook, Self::Email];

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
    /// Mail addresses; a webhook has one recipient without a name.
    pub to: Vec<String>,
    /// What the channel made of it, ready to send.
    pub letter: Vec<u8>,
}

/// What became of a letter, for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    /// The other side will never take it.
    Refused,
    /// It was tried for too long.
    Expired,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
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
    pub queued_at: Instant,
    /// Those of its recipients that were asked for.
    pub to: Vec<Recipient>,
}

/// One whom a letter goes to, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Of a webhook, empty.
    pub address: String,
    /// `queued`, `sent`, `refused`, `expired`.
    pub state: String,
    pub attempts: u32,
    /// Not tried before.
    pub next_at: Instant,
    /// Why it is not sent.
    pub reason: Option<String>,
}

impl Recipient {
    /// Whether it is to be tried again.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.state == "queued"
    }
}

const COLUMNS: &str = "outbox.id, model, channel, message_id, subject, queued_us, \
                       recipient, state, attempts, next_us, reason";

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let channel: String = row.get(2)?;
    let recipient = Recipient {
        address: row.get(6)?,
        state: row.get(7)?,
        attempts: row.get(8)?,
        next_at: Instant(row.get(9)?),
        reason: row.get(10)?,
    };
    Ok(Letter {
        id: row.get(0)?,
        model: row.get(1)?,
        channel: if channel == Channel::Webhook.word() { Channel::Webhook } else { Channel::Email },
        message_id: row.get(3)?,
        subject: row.get(4)?,
        queued_at: Instant(row.get(5)?),
        to: vec![recipient],
    })
}

/// Rows of one recipient each, as letters in their order.
fn gathered(rows: Vec<Letter>) -> Vec<Letter> {
    let mut letters: BTreeMap<i64, Letter> = BTreeMap::new();
    for row in rows {
        match letters.get_mut(&row.id) {
            Some(letter) => letter.to.extend(row.to),
            None => {
                letters.insert(row.id, row);
            }
        }
    }
    letters.into_values().collect()
}

impl Entry<'_> {
    /// Puts a letter behind those that wait. One of the same Message-ID is there already: nothing is told twice.
    pub fn queue(&self, run: Option<i64>, model: &str, queued: &Queued, now: Instant) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO outbox (run, model, channel, message_id, subject, letter, queued_us) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values =
            params![run, model, queued.channel.word(), queued.message_id, queued.subject, queued.letter, now.0];
        if self.done(self.tx.execute(sql, values))? == 0 {
            return Ok(());
        }
        let id = self.tx.last_insert_rowid();
        let nameless = [String::new()];
        let to = match queued.channel {
            Channel::Email => queued.to.as_slice(),
            Channel::Webhook => &nameless,
        };
        for recipient in to {
            let sql =
                "INSERT OR IGNORE INTO delivery (letter, recipient, state, next_us) VALUES (?1, ?2, 'queued', ?3)";
            self.done(self.tx.execute(sql, params![id, recipient, now.0]))?;
        }
        Ok(())
    }

    /// Letters that some recipient has waited longest for, with those recipients, oldest first. For nobody does one
    /// overtake another, due or not.
    pub fn in_front(&self, channel: Channel) -> Result<Vec<Letter>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery JOIN outbox ON outbox.id = delivery.letter \
             WHERE state = 'queued' AND channel = ?1 AND NOT EXISTS ( \
               SELECT 1 FROM delivery AS other JOIN outbox AS older ON older.id = other.letter \
               WHERE other.state = 'queued' AND other.recipient = delivery.recipient AND other.letter < delivery.letter \
                 AND older.channel = ?1) \
             ORDER BY outbox.id, recipient"
        );
        Ok(gathered(self.rows(&sql, [channel.word()], letter)?))
    }

    /// What the channel made of a letter; empty once it is settled.
    pub fn content(&self, id: i64) -> Result<Vec<u8>> {
        let found = self.tx.query_row("SELECT letter FROM outbox WHERE id = ?1", [id], |row| row.get(0)).optional();
        Ok(self.done(found)?.unwrap_or_default())
    }

    /// The letter is settled for a recipient; once it is for all, only that it was there is kept.
    pub fn settle(&self, id: i64, address: &str, fate: Fate, reason: Option<&str>, now: Instant) -> Result<()> {
        let sql = "UPDATE delivery SET state = ?3, reason = ?4, settled_us = ?5, attempts = attempts + 1 \
                   WHERE letter = ?1 AND recipient = ?2";
        self.done(self.tx.execute(sql, params![id, address, fate.word(), reason, now.0]))?;
        let sql = "UPDATE outbox SET letter = x'' WHERE id = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM delivery WHERE letter = ?1 AND state = 'queued')";
        self.done(self.tx.execute(sql, [id]))?;
        Ok(())
    }

    /// The letter is tried again for a recipient at `next`.
    pub fn postpone(&self, id: i64, address: &str, reason: &str, next: Instant) -> Result<()> {
        let sql = "UPDATE delivery SET attempts = attempts + 1, reason = ?3, next_us = ?4 \
                   WHERE letter = ?1 AND recipient = ?2";
        self.done(self.tx.execute(sql, params![id, address, reason, next.0]))?;
        Ok(())
    }

    /// Letters that some recipient waits for or never took, with those recipients, oldest first.
    pub fn undelivered(&self) -> Result<Vec<Letter>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery JOIN outbox ON outbox.id = delivery.letter WHERE state <> 'sent' \
             ORDER BY outbox.id, recipient"
        );
        Ok(gathered(self.rows(&sql, [], letter)?))
    }

    /// Drops letters that were settled before.
    pub fn forget_letters(&self, model: &str, before: Instant) -> Result<()> {
        let sql = "DELETE FROM outbox WHERE model = ?1 AND NOT EXISTS ( \
                   SELECT 1 FROM delivery WHERE letter = outbox.id AND (state = 'queued' OR settled_us >= ?2))";
        self.done(self.tx.execute(sql, params![model, before.0]))?;
        Ok(())
    }
}
