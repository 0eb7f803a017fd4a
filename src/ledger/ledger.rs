//! Opening the ledger, and running transactions on it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{
    Connection, OpenFlags, Transaction, TransactionBehavior,
    backup::{Backup, StepResult},
};
use vigie_profile::window::Instant;

use super::{
    private::{create_database, create_folder},
    schema::{check_version, is_outdated, migrate},
    sqlite_fault::sqlite_fault,
};
use crate::fault::{Fault, Remedy, Result, describe_io};

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    pub(super) db: Connection,
    pub(super) shown: String,
}

/// One transaction on the ledger: all of its writes take effect, or none.
#[derive(Debug)]
pub struct LedgerTx<'l> {
    pub(super) tx: Transaction<'l>,
    pub(super) shown: &'l str,
}

/// Returns the path of the ledger in the state folder.
#[must_use]
pub fn ledger_path(state: &Path) -> PathBuf {
    state.join("ledger.sqlite")
}

/// Creates the state folder if needed, closed to other users.
pub fn create_state_folder(state: &Path) -> Result<()> {
    create_folder(state).map_err(|error| {
        Fault::retry(format!(
            "state: cannot create {}: {}; set `state` to another folder",
            state.display(),
            describe_io(&error)
        ))
    })
}

impl Ledger {
    /// Opens the ledger in the state folder, creating both if needed. Waits at most `wait` for another process to release it.
    pub fn open(state: &Path, wait: Duration) -> Result<Self> {
        create_state_folder(state)?;
        let path = ledger_path(state);
        create_database(&path)
            .map_err(|error| Fault::retry(format!("state: cannot use {}: {}", path.display(), describe_io(&error))))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut ledger = Self::connect(&path, flags, wait)?;
        let configure = |ledger: &Self| {
            // Reads the header, so that a file that is not a ledger is detected before anything is written.
            ledger.db.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
            ledger.db.pragma_update(None, "journal_mode", "WAL")?;
            // A run that was reported as done must survive a power failure.
            ledger.db.pragma_update(None, "synchronous", "FULL")?;
            ledger.db.pragma_update(None, "foreign_keys", true)
        };
        configure(&ledger).map_err(|error| sqlite_fault(&ledger.shown, &error))?;
        let shown = ledger.shown.clone();
        migrate(&mut ledger.db, &shown)?;
        Ok(ledger)
    }

    /// Opens the ledger read-only; `None` if there is none yet. A ledger of an earlier version is left unchanged: a migrated
    /// copy in memory is read instead.
    pub fn read(state: &Path) -> Result<Option<Self>> {
        let path = ledger_path(state);
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let ledger = Self::connect(&path, flags, Duration::from_secs(5))?;
        let version: i64 = ledger
            .db
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(|error| sqlite_fault(&ledger.shown, &error))?;
        check_version(version, &ledger.shown)?;
        match version {
            0 => Ok(None),
            version if is_outdated(version) => ledger.migrated_copy().map(Some),
            _ => Ok(Some(ledger)),
        }
    }

    /// Copies the ledger into memory and migrates the copy.
    fn migrated_copy(&self) -> Result<Self> {
        let copy = || {
            let mut copy = Connection::open_in_memory()?;
            let step = Backup::new(&self.db, &mut copy)?.step(-1)?;
            Ok((copy, step))
        };
        let (mut db, step) = copy().map_err(|error| sqlite_fault(&self.shown, &error))?;
        if step != StepResult::Done {
            return Err(Fault::retry(format!("{} is locked by another process; try again", self.shown)));
        }
        migrate(&mut db, &self.shown)?;
        Ok(Self { db, shown: self.shown.clone() })
    }

    /// Renames a damaged ledger, without deleting it, and returns its new path; `None` if it is intact or missing.
    pub fn set_aside(state: &Path, now: Instant) -> Result<Option<PathBuf>> {
        let path = ledger_path(state);
        let is_intact = match Self::read(state) {
            Ok(None) => path.metadata().map_or(true, |found| found.len() == 0),
            Ok(Some(ledger)) => {
                let verdict = ledger.db.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0));
                verdict.is_ok_and(|verdict| verdict == "ok")
            }
            Err(fault) if fault.remedy() == Remedy::Retry => return Err(fault),
            // A ledger of a newer vigie is intact and must not be moved.
            Err(fault) if Self::is_newer(&path) => return Err(fault),
            Err(_) => false,
        };
        if is_intact {
            return Ok(None);
        }
        let aside = path.with_extension(format!("sqlite.damaged-{}", now.compact()));
        let cannot =
            |error: std::io::Error| Fault::retry(format!("cannot move {}: {}", path.display(), describe_io(&error)));
        fs::rename(&path, &aside).map_err(cannot)?;
        for ending in ["-wal", "-shm"] {
            let sibling = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
            if sibling(&path).exists() {
                fs::rename(sibling(&path), sibling(&aside)).map_err(cannot)?;
            }
        }
        Ok(Some(aside))
    }

    fn is_newer(path: &Path) -> bool {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let version = Self::connect(path, flags, Duration::from_secs(1))
            .ok()
            .and_then(|ledger| ledger.db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).ok());
        version.is_some_and(|version| check_version(version, "").is_err())
    }

    fn connect(path: &Path, flags: OpenFlags, wait: Duration) -> Result<Self> {
        let shown = path.display().to_string();
        let db = Connection::open_with_flags(path, flags).map_err(|error| sqlite_fault(&shown, &error))?;
        db.busy_timeout(wait).map_err(|error| sqlite_fault(&shown, &error))?;
        Ok(Self { db, shown })
    }

    /// Runs a write transaction. The lock is taken first, so that values read inside are still valid when it commits.
    pub fn write<T>(&mut self, write: impl FnOnce(&LedgerTx<'_>) -> Result<T>) -> Result<T> {
        let shown = &self.shown;
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| sqlite_fault(shown, &error))?;
        let tx = LedgerTx { tx, shown };
        let written = write(&tx)?;
        tx.tx.commit().map_err(|error| sqlite_fault(shown, &error))?;
        Ok(written)
    }

    /// Runs a read transaction on a consistent snapshot.
    pub fn view<T>(&mut self, read: impl FnOnce(&LedgerTx<'_>) -> Result<T>) -> Result<T> {
        let shown = &self.shown;
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(|error| sqlite_fault(shown, &error))?;
        read(&LedgerTx { tx, shown })
    }
}

impl LedgerTx<'_> {
    /// Converts the error of a statement.
    pub(super) fn map_fault<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| sqlite_fault(self.shown, &error))
    }

    /// Runs a query and returns all rows.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.map_fault((|| self.tx.prepare(sql)?.query_map(params, read)?.collect())())
    }
}
