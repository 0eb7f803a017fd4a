//! The file that remembers: which windows are done, what is alarming, what has still to be told.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use vigie_profile::window::Instant;

use super::{
    refusal::refused,
    schema::{known, migrate},
};
use crate::fault::{Fault, Result, Remedy, spoken};

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    pub(super) db: Connection,
    pub(super) shown: String,
}

/// The ledger within one transaction: what is written through it is there as a whole or not at all.
#[derive(Debug)]
pub struct Entry<'l> {
    pub(super) tx: Transaction<'l>,
    pub(super) shown: &'l str,
}

/// The ledger's file in the folder of state.
#[must_use]
pub fn file(state: &Path) -> PathBuf {
    state.join("ledger.sqlite")
}

impl Ledger {
    /// Opens the ledger in the folder of state, and makes both if need be. Whoever holds it is waited for.
    pub fn open(state: &Path, wait: Duration) -> Result<Self> {
        fs::create_dir_all(state).map_err(|error| {
            Fault::retry(format!(
                "state: {} cannot be made: {}; name another folder as `state`",
                state.display(),
                spoken(&error)
            ))
        })?;
        let path = file(state);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut ledger = Self::connect(&path, flags, wait)?;
        let set = |ledger: &Self| {
            // The header is read here: a file that is no ledger is found before anything is written.
            ledger.db.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
            ledger.db.pragma_update(None, "journal_mode", "WAL")?;
            // A run that was reported done must be so after the power went.
            ledger.db.pragma_update(None, "synchronous", "FULL")?;
            ledger.db.pragma_update(None, "foreign_keys", true)
        };
        set(&ledger).map_err(|error| refused(&ledger.shown, &error))?;
        let shown = ledger.shown.clone();
        migrate(&mut ledger.db, &shown)?;
        Ok(ledger)
    }

    /// Opens it to read only; `None` if there is none yet.
    pub fn read(state: &Path) -> Result<Option<Self>> {
        let path = file(state);
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let ledger = Self::connect(&path, flags, Duration::from_secs(5))?;
        let version: i64 = ledger
            .db
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(|error| refused(&ledger.shown, &error))?;
        known(version, &ledger.shown)?;
        Ok((version > 0).then_some(ledger))
    }

    /// Moves a damaged ledger out of the way; it is never deleted. `None`: it is sound, or there is none.
    pub fn set_aside(state: &Path, now: Instant) -> Result<Option<PathBuf>> {
        let path = file(state);
        let is_sound = match Self::read(state) {
            Ok(None) => path.metadata().map_or(true, |found| found.len() == 0),
            Ok(Some(ledger)) => {
                let verdict = ledger.db.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0));
                verdict.is_ok_and(|verdict| verdict == "ok")
            }
            Err(fault) if fault.remedy() == Remedy::Retry => return Err(fault),
            // One of a newer vigie is sound, and not ours to move.
            Err(fault) if Self::is_newer(&path) => return Err(fault),
            Err(_) => false,
        };
        if is_sound {
            return Ok(None);
        }
        let aside = path.with_extension(format!("sqlite.damaged-{}", now.compact()));
        let cannot =
            |error: std::io::Error| Fault::retry(format!("{} cannot be moved: {}", path.display(), spoken(&error)));
        fs::rename(&path, &aside).map_err(cannot)?;
        for ending in ["-wal", "-shm"] {
            let beside = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
            if beside(&path).exists() {
                fs::rename(beside(&path), beside(&aside)).map_err(cannot)?;
            }
        }
        Ok(Some(aside))
    }

    fn is_newer(path: &Path) -> bool {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let version = Self::connect(path, flags, Duration::from_secs(1))
            .ok()
            .and_then(|ledger| ledger.db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).ok());
        version.is_some_and(|version| known(version, "").is_err())
    }

    fn connect(path: &Path, flags: OpenFlags, wait: Duration) -> Result<Self> {
        let shown = path.display().to_string();
        let db = Connection::open_with_flags(path, flags).map_err(|error| refused(&shown, &error))?;
        db.busy_timeout(wait).map_err(|error| refused(&shown, &error))?;
        Ok(Self { db, shown })
    }

    /// Writes as a whole or not at all. The lock is taken first, so that what is read inside still holds when it is
    /// written.
    pub fn write<T>(&mut self, write: impl FnOnce(&Entry<'_>) -> Result<T>) -> Result<T> {
        let shown = &self.shown;
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| refused(shown, &error))?;
        let entry = Entry { tx, shown };
        let written = write(&entry)?;
        entry.tx.commit().map_err(|error| refused(shown, &error))?;
        Ok(written)
    }

    /// Reads a consistent picture.
    pub fn view<T>(&mut self, read: impl FnOnce(&Entry<'_>) -> Result<T>) -> Result<T> {
        let shown = &self.shown;
        let tx =
            self.db.transaction_with_behavior(TransactionBehavior::Deferred).map_err(|error| refused(shown, &error))?;
        read(&Entry { tx, shown })
    }
}

impl Entry<'_> {
    /// The outcome of a statement.
    pub(super) fn done<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| refused(self.shown, &error))
    }

    /// Every row of a query.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.done((|| self.tx.prepare(sql)?.query_map(params, read)?.collect())())
    }
}
