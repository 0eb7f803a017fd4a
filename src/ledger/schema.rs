//! The tables of the ledger, and the migrations from older versions.

use rusqlite::Connection;

use super::sqlite_fault::sqlite_fault;
use crate::fault::{Fault, Result};

/// One migration per version; `user_version` is the number of migrations applied. The statements of a migration are never edited, only added.
const MIGRATIONS: [&str; 9] =
    [INITIAL, RECIPIENTS, LABEL_CHECKS, LABEL_VERDICTS, FACTS, IDENTITY, ORIGINS, VERSIONS, RUN_VERSIONS];

/// The columns `outbox.letter` and `delivery.letter` hold the message and its id. They keep their original name because
/// applied migrations must not change.
const INITIAL: &str = "
CREATE TABLE model (
  name TEXT PRIMARY KEY,
  first_us INTEGER NOT NULL,      -- start of the first window to check
  covered_us INTEGER NOT NULL,    -- every earlier window is settled
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
  scheduled INTEGER NOT NULL,     -- whether it is a complete window of the schedule
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
  letter BLOB NOT NULL,           -- emptied once the message is settled
  queued_us INTEGER NOT NULL,
  next_us INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'partly', 'refused', 'expired')),
  settled_us INTEGER,
  reason TEXT,
  UNIQUE (channel, message_id)
) STRICT;
CREATE INDEX outbox_queued ON outbox (channel, id) WHERE state = 'queued';
";

/// Tracks delivery per recipient, and adds the latest counted window to alerts.
const RECIPIENTS: &str = "
CREATE TABLE delivery (
  letter INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  recipient TEXT NOT NULL,        -- an email address; empty for a webhook
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'refused', 'expired')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_us INTEGER NOT NULL,
  settled_us INTEGER,
  reason TEXT,
  PRIMARY KEY (letter, recipient)
) STRICT;
CREATE INDEX delivery_queued ON delivery (recipient, letter) WHERE state = 'queued';
-- A queued mail starts with its Message-ID, its subject, and one recipient per line.
WITH RECURSIVE line (id, number, address, rest) AS (
  SELECT id, 0, '', CAST(substr(letter, 1, instr(letter, x'0a0a')) AS TEXT)
  FROM outbox WHERE channel = 'email' AND state = 'queued'
  UNION ALL
  SELECT id, number + 1, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
  FROM line WHERE instr(rest, char(10)) > 0
)
INSERT OR IGNORE INTO delivery (letter, recipient, state, attempts, next_us, reason)
  SELECT line.id, address, 'queued', attempts, next_us, reason
  FROM line JOIN outbox ON outbox.id = line.id WHERE number > 2 AND address <> '';
INSERT INTO delivery (letter, recipient, state, attempts, next_us, settled_us, reason)
  SELECT id, '', CASE state WHEN 'partly' THEN 'refused' ELSE state END, attempts, next_us, settled_us, reason
  FROM outbox WHERE id NOT IN (SELECT letter FROM delivery);
DROP INDEX outbox_queued;
ALTER TABLE outbox DROP COLUMN next_us;
ALTER TABLE outbox DROP COLUMN attempts;
ALTER TABLE outbox DROP COLUMN state;
ALTER TABLE outbox DROP COLUMN settled_us;
ALTER TABLE outbox DROP COLUMN reason;
ALTER TABLE alert ADD COLUMN latest_us INTEGER;
";

const LABEL_CHECKS: &str = "
CREATE TABLE label_look (
  model TEXT NOT NULL,
  from_us INTEGER NOT NULL,
  to_us INTEGER NOT NULL,
  looked_us INTEGER NOT NULL,
  mark TEXT NOT NULL,             -- changes whenever labels arrive or change
  PRIMARY KEY (model, from_us, to_us)
) STRICT;
";

const LABEL_VERDICTS: &str = "
CREATE TABLE by_labels (
  model TEXT NOT NULL,
  from_us INTEGER NOT NULL,
  to_us INTEGER NOT NULL,
  test TEXT NOT NULL,
  nearness REAL,
  severity TEXT,                  -- NULL: nothing was found
  value REAL,
  limit_value REAL,
  q_value REAL,
  sentence TEXT NOT NULL,
  heard INTEGER NOT NULL,         -- whether alerts have been decided with it
  PRIMARY KEY (model, from_us, to_us, test)
) STRICT;
";

/// Stores what was found as JSON. The columns `sentence` hold the sentences of earlier versions, and are empty in new rows;
/// `run.note` is null in them.
const FACTS: &str = "
ALTER TABLE alert ADD COLUMN subject TEXT;   -- run, score, feature or segment; `feature` is the name
ALTER TABLE alert ADD COLUMN q_value REAL;
ALTER TABLE alert ADD COLUMN facts TEXT;     -- NULL in rows of earlier versions
UPDATE alert SET subject = CASE
  WHEN test IN ('segment_score', 'disparity') THEN 'segment'
  WHEN feature IS NOT NULL THEN 'feature'
  WHEN test IN ('score', 'share_refused') THEN 'score'
  ELSE 'run' END;
ALTER TABLE run ADD COLUMN headline TEXT;    -- NULL in rows of earlier versions
ALTER TABLE run ADD COLUMN note_facts TEXT;
ALTER TABLE by_labels ADD COLUMN facts TEXT; -- NULL in rows of earlier versions, and if nothing was found
";

/// An id chosen at random, and the number of events so far; see `identity`.
const IDENTITY: &str = "
CREATE TABLE identity (
  id TEXT NOT NULL,
  events INTEGER NOT NULL
) STRICT;
INSERT INTO identity (id, events) VALUES (lower(hex(randomblob(16))), 0);
";

/// Other names under which someone was notified of an alert, as JSON; NULL if there are none.
const ORIGINS: &str = "
ALTER TABLE alert ADD COLUMN origins TEXT;
";

/// Versions of the registry that have been watched, as JSON; NULL if there are none.
const VERSIONS: &str = "
ALTER TABLE model ADD COLUMN versions TEXT;
";

/// The registered model and the version that a window was checked with; NULL in rows of earlier versions, and without a registry.
const RUN_VERSIONS: &str = "
ALTER TABLE run ADD COLUMN registry_model TEXT;
ALTER TABLE run ADD COLUMN registry_version INTEGER;
";

/// Returns whether the file lacks migrations.
pub(super) fn is_outdated(version: i64) -> bool {
    usize::try_from(version).is_ok_and(|version| version < MIGRATIONS.len())
}

/// Fails if the file was written by a newer vigie.
pub(super) fn check_version(version: i64, shown: &str) -> Result<()> {
    if usize::try_from(version).is_ok_and(|version| version <= MIGRATIONS.len()) {
        return Ok(());
    }
    Err(Fault::setup(format!(
        "{shown} has ledger version {version}, but this vigie supports versions up to {}; the file was left unchanged: run a newer vigie, or set `state` to another folder",
        MIGRATIONS.len()
    )))
}

/// Migrates the file to the current version. Fails without changes if it was written by a newer vigie.
pub(super) fn migrate(db: &mut Connection, shown: &str) -> Result<()> {
    let version: i64 =
        db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|error| sqlite_fault(shown, &error))?;
    check_version(version, shown)?;
    let applied = usize::try_from(version).unwrap_or(usize::MAX);
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(applied) {
        let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate);
        let migrated = tx.and_then(|tx| {
            // Another process may have applied the migration while this one waited.
            let current: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if usize::try_from(current).is_ok_and(|current| current <= index) {
                tx.execute_batch(migration)?;
                tx.pragma_update(None, "user_version", i64::try_from(index + 1).unwrap_or(i64::MAX))?;
            }
            tx.commit()
        });
        migrated.map_err(|error| sqlite_fault(shown, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_queued_by_the_first_version_keep_their_recipients() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch(INITIAL).unwrap();
        db.pragma_update(None, "user_version", 1).unwrap();
        let put = "INSERT INTO outbox (id, model, channel, message_id, subject, letter, queued_us, next_us, attempts, state, settled_us, reason) \
                   VALUES (?1, 'm', ?2, ?1, 's', ?3, 1, 7, 2, ?4, ?5, 'why')";
        let mail = b"<1@x>\nthe subject \na@x\n\xc3\xa9@x\n\nDate: today\r\n\nnot@x\n".to_vec();
        for (id, channel, message, state, settled) in [
            (1, "email", mail.clone(), "queued", None),
            (2, "webhook", b"key\n{}".to_vec(), "queued", None),
            (3, "email", Vec::new(), "partly", Some(9)),
            (4, "email", Vec::new(), "sent", Some(9)),
        ] {
            db.execute(put, rusqlite::params![id, channel, message, state, settled]).unwrap();
        }
        db.execute(
            "INSERT INTO alert (model, test, phase, severity, streak, since_us, told_severity, reminders, acknowledged, sentence, changed_us) \
             VALUES ('m', 'psi', 'pending', 'alarm', 1, 5, 'stable', 0, 0, 's', 6)",
            [],
        )
        .unwrap();
        migrate(&mut db, "test").unwrap();
        let mut query = db
            .prepare(
                "SELECT letter, recipient, state, attempts, next_us, reason FROM delivery ORDER BY letter, recipient",
            )
            .unwrap();
        let rows: Vec<(i64, String, String)> = query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let row = |message: i64, to: &str, state: &str| (message, to.to_owned(), state.to_owned());
        assert_eq!(
            rows,
            [
                row(1, "a@x", "queued"),
                row(1, "é@x", "queued"),
                row(2, "", "queued"),
                row(3, "", "refused"),
                row(4, "", "sent")
            ]
        );
        let kept: Vec<u8> = db.query_row("SELECT letter FROM outbox WHERE id = 1", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, mail);
        let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(usize::try_from(version), Ok(MIGRATIONS.len()));
    }
}
