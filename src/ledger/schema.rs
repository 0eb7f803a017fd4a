//! The tables of the ledger, and the steps that lead an older file to them.

use rusqlite::Connection;

use super::refusal::refused;
use crate::fault::{Fault, Outcome};

/// One step a version: `user_version` says how many were taken. Steps are never edited, only added.
const STEPS: [&str; 2] = [
    "
CREATE TABLE model (
  name TEXT PRIMARY KEY,
  first_us INTEGER NOT NULL,      -- start of the first window that is watched
  covered_us INTEGER NOT NULL,    -- every window before is settled
  line INTEGER NOT NULL DEFAULT 0,
  reference_id TEXT,
  model_sha256 TEXT,
  digest_us INTEGER
) STRICT;
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  from_us INTEGER NOT NULL,
  to_us INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  current INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('told', 'failed', 'skipped', 'gap')),
  scheduled INTEGER NOT NULL,     -- a complete window of the schedule
  attempts INTEGER NOT NULL,
  line INTEGER NOT NULL,
  created_us INTEGER NOT NULL,
  records INTEGER,
  rows_used INTEGER,
  severity TEXT,
  sentence TEXT NOT NULL,
  report TEXT,
  reference_id TEXT,
  model_sha256 TEXT,
  note TEXT
) STRICT;
CREATE UNIQUE INDEX run_current ON run (model, from_us, to_us) WHERE current = 1;
CREATE INDEX run_latest ON run (model, to_us);
CREATE TABLE trend (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  feature TEXT,                   -- NULL: the score
  severity TEXT NOT NULL,
  psi REAL,
  ks REAL,
  missing REAL,
  q_value REAL
) STRICT;
CREATE INDEX trend_run ON trend (run);
CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  feature TEXT,
  test TEXT NOT NULL,
  phase TEXT NOT NULL,
  severity TEXT NOT NULL,
  streak INTEGER NOT NULL,
  since_us INTEGER NOT NULL,
  opened_us INTEGER,
  told_us INTEGER,
  told_severity TEXT NOT NULL,
  reminders INTEGER NOT NULL,
  thread TEXT,
  acknowledged INTEGER NOT NULL,
  sentence TEXT NOT NULL,
  value REAL,
  limit_value REAL,
  changed_us INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX alert_live ON alert (model, ifnull(feature, ''), test) WHERE phase IN ('pending', 'open');
CREATE TABLE mute (
  model TEXT,
  subject TEXT NOT NULL,
  until_us INTEGER NOT NULL
) STRICT;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  run INTEGER,
  model TEXT NOT NULL,
  channel TEXT NOT NULL,
  message_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  letter BLOB NOT NULL,           -- emptied once it is settled
  queued_us INTEGER NOT NULL,
  next_us INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'partly', 'refused', 'expired')),
  settled_us INTEGER,
  reason TEXT,
  UNIQUE (channel, message_id)
) STRICT;
CREATE INDEX outbox_queued ON outbox (channel, id) WHERE state = 'queued';
",
    super::labels::STEP,
];

/// Refuses a file of a newer vigie.
pub(super) fn known(version: i64, shown: &str) -> Outcome<()> {
    if usize::try_from(version).is_ok_and(|version| version <= STEPS.len()) {
        return Ok(());
    }
    Err(Fault::setup(format!(
        "{shown} is a ledger of version {version}, this vigie knows {}; it is left as it is: run the newer vigie, or name another folder as `state`",
        STEPS.len()
    )))
}

/// Brings the file to this version's tables. One from a newer vigie is left alone.
pub(super) fn migrate(db: &mut Connection, shown: &str) -> Outcome<()> {
    let version: i64 =
        db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| refused(shown, &error))?;
    known(version, shown)?;
    let taken = usize::try_from(version).unwrap_or(usize::MAX);
    for (number, step) in STEPS.iter().enumerate().skip(taken) {
        let change = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        let done = change.and_then(|change| {
            // Another process may have taken the step while this one waited.
            let now: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if usize::try_from(now).is_ok_and(|now| now <= number) {
                change.execute_batch(step)?;
                change.pragma_update(None, "user_version", i64::try_from(number + 1).unwrap_or(i64::MAX))?;
            }
            change.commit()
        });
        done.map_err(|error| refused(shown, &error))?;
    }
    Ok(())
}
