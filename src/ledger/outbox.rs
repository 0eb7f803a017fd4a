//! The outbox: messages ready to send, with a delivery state per recipient. Each recipient receives messages in order; one
//! unreachable recipient does not delay the others. The outbox knows channels only by name.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};
use vigie_profile::window::Instant;

use super::LedgerTx;
use crate::fault::Result;

/// A message to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Name of the channel that composed it and will send it.
    pub channel: String,
    /// Unique on the channel.
    pub message_id: String,
    /// A short summary for `vigie status`.
    pub subject: String,
    /// Addresses. Empty for a channel with one recipient, which then has an empty address.
    pub to: Vec<String>,
    /// The message in the channel's own format, ready to send.
    pub payload: Vec<u8>,
    /// Whether later messages about the same alerts refer to this one by its id.
    pub is_thread: bool,
}

/// Final delivery state for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalState {
    Sent,
    /// Permanently refused by the server.
    Refused,
    /// Gave up after too many attempts.
    Expired,
}

impl FinalState {
    fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }
}

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    pub id: i64,
    pub model: String,
    /// Name of its channel, which this version may not know.
    pub channel: String,
    pub message_id: String,
    pub subject: String,
    pub queued_at: Instant,
    /// The recipients selected by the query.
    pub to: Vec<Recipient>,
}

/// A recipient of a message, with its delivery state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Empty if the channel has one recipient only.
    pub address: String,
    /// `queued`, `sent`, `refused`, `expired`.
    pub state: String,
    pub attempts: u32,
    /// Time of the next attempt.
    pub next_at: Instant,
    /// Why it has not been delivered.
    pub reason: Option<String>,
}

impl Recipient {
    /// Returns whether delivery is still being attempted.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        self.state == "queued"
    }
}

const COLUMNS: &str = "outbox.id, model, channel, message_id, subject, queued_us, \
                       recipient, state, attempts, next_us, reason";

fn read_message(row: &Row<'_>) -> rusqlite::Result<QueuedMessage> {
    let recipient = Recipient {
        address: row.get(6)?,
        state: row.get(7)?,
        attempts: row.get(8)?,
        next_at: Instant(row.get(9)?),
        reason: row.get(10)?,
    };
    Ok(QueuedMessage {
        id: row.get(0)?,
        model: row.get(1)?,
        channel: row.get(2)?,
        message_id: row.get(3)?,
        subject: row.get(4)?,
        queued_at: Instant(row.get(5)?),
        to: vec![recipient],
    })
}

/// Merges rows of one recipient each into messages, in order.
fn group_recipients(rows: Vec<QueuedMessage>) -> Vec<QueuedMessage> {
    let mut messages: BTreeMap<i64, QueuedMessage> = BTreeMap::new();
    for row in rows {
        match messages.get_mut(&row.id) {
            Some(message) => message.to.extend(row.to),
            None => {
                messages.insert(row.id, row);
            }
        }
    }
    messages.into_values().collect()
}

impl LedgerTx<'_> {
    /// Appends a message to the outbox. Does nothing if a message with the same id has been queued before.
    pub fn queue(&self, run: Option<i64>, model: &str, message: &NewMessage, now: Instant) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO outbox (run, model, channel, message_id, subject, letter, queued_us) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![run, model, message.channel, message.message_id, message.subject, message.payload, now.0];
        if self.map_fault(self.tx.execute(sql, values))? == 0 {
            return Ok(());
        }
        let id = self.tx.last_insert_rowid();
        let unnamed = [String::new()];
        let to = if message.to.is_empty() { unnamed.as_slice() } else { message.to.as_slice() };
        for recipient in to {
            let sql =
                "INSERT OR IGNORE INTO delivery (letter, recipient, state, next_us) VALUES (?1, ?2, 'queued', ?3)";
            self.map_fault(self.tx.execute(sql, params![id, recipient, now.0]))?;
        }
        Ok(())
    }

    /// Returns the ids of a channel's messages about a model that begin with `prefix`, the newest first.
    pub fn message_ids(&self, channel: &str, model: &str, prefix: &str) -> Result<Vec<String>> {
        let sql = "SELECT message_id FROM outbox WHERE channel = ?1 AND model = ?2 \
                   AND substr(message_id, 1, length(?3)) = ?3 ORDER BY id DESC";
        self.rows(sql, params![channel, model, prefix], |row| row.get(0))
    }

    /// Returns a channel's next message of every recipient, due or not, oldest first. A recipient's later messages wait for
    /// it.
    pub fn next_messages(&self, channel: &str) -> Result<Vec<QueuedMessage>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery JOIN outbox ON outbox.id = delivery.letter \
             WHERE state = 'queued' AND channel = ?1 AND NOT EXISTS ( \
               SELECT 1 FROM delivery AS other JOIN outbox AS older ON older.id = other.letter \
               WHERE other.state = 'queued' AND other.recipient = delivery.recipient AND other.letter < delivery.letter \
                 AND older.channel = ?1) \
             ORDER BY outbox.id, recipient"
        );
        Ok(group_recipients(self.rows(&sql, [channel], read_message)?))
    }

    /// Returns the payload of a message; empty once it is settled.
    pub fn payload(&self, id: i64) -> Result<Vec<u8>> {
        let found = self.tx.query_row("SELECT letter FROM outbox WHERE id = ?1", [id], |row| row.get(0)).optional();
        Ok(self.map_fault(found)?.unwrap_or_default())
    }

    /// Settles a message for one recipient. Once it is settled for all, its payload is deleted.
    pub fn settle(&self, id: i64, address: &str, state: FinalState, reason: Option<&str>, now: Instant) -> Result<()> {
        let sql = "UPDATE delivery SET state = ?3, reason = ?4, settled_us = ?5, attempts = attempts + 1 \
                   WHERE letter = ?1 AND recipient = ?2";
        self.map_fault(self.tx.execute(sql, params![id, address, state.word(), reason, now.0]))?;
        let sql = "UPDATE outbox SET letter = x'' WHERE id = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM delivery WHERE letter = ?1 AND state = 'queued')";
        self.map_fault(self.tx.execute(sql, [id]))?;
        Ok(())
    }

    /// Schedules the next attempt for one recipient.
    pub fn postpone(&self, id: i64, address: &str, reason: &str, next: Instant) -> Result<()> {
        let sql = "UPDATE delivery SET attempts = attempts + 1, reason = ?3, next_us = ?4 \
                   WHERE letter = ?1 AND recipient = ?2";
        self.map_fault(self.tx.execute(sql, params![id, address, reason, next.0]))?;
        Ok(())
    }

    /// Returns messages that are queued, refused or expired for some recipient, with those recipients, oldest first.
    pub fn undelivered(&self) -> Result<Vec<QueuedMessage>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery JOIN outbox ON outbox.id = delivery.letter WHERE state <> 'sent' \
             ORDER BY outbox.id, recipient"
        );
        Ok(group_recipients(self.rows(&sql, [], read_message)?))
    }

    /// Deletes messages that were settled before `before`.
    pub fn forget_messages(&self, model: &str, before: Instant) -> Result<()> {
        let sql = "DELETE FROM outbox WHERE model = ?1 AND NOT EXISTS ( \
                   SELECT 1 FROM delivery WHERE letter = outbox.id AND (state = 'queued' OR settled_us >= ?2))";
        self.map_fault(self.tx.execute(sql, params![model, before.0]))?;
        Ok(())
    }
}
