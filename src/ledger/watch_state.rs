//! How far a model has been checked, and its current trend line.

use rusqlite::{OptionalExtension, params};
use vigie_profile::window::{Instant, Window};

use super::{LedgerTx, served_version::ServedVersion};
use crate::fault::Result;

/// The checking progress of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchState {
    /// Start of the first window to check.
    pub first: Instant,
    /// Every earlier window is settled.
    pub covered: Instant,
    /// Number of the current trend line.
    pub line: i64,
    pub reference_id: Option<String>,
    pub model_sha256: Option<String>,
    /// When the last digest was sent.
    pub digest: Option<Instant>,
    /// Versions of the registry that have been watched, oldest first.
    pub versions: Vec<ServedVersion>,
}

/// Current runs made while the clock was ahead: of windows that are not over yet, and of empty ones that were not over then.
/// A difference of up to five minutes is not a step of the clock.
const AHEAD: &str = "model = ?1 AND current = 1 AND scheduled = 1 \
                     AND (to_us > ?2 OR created_us > ?3 + 300000000 AND ifnull(records, 0) = 0)";

impl LedgerTx<'_> {
    /// Returns the state of a model; `None` if it has never been checked.
    pub fn watch_state(&self, model: &str) -> Result<Option<WatchState>> {
        let sql = "SELECT first_us, covered_us, line, reference_id, model_sha256, digest_us, versions FROM model WHERE name = ?1";
        let found = self.tx.query_row(sql, [model], |row| {
            Ok(WatchState {
                first: Instant(row.get(0)?),
                covered: Instant(row.get(1)?),
                line: row.get(2)?,
                reference_id: row.get(3)?,
                model_sha256: row.get(4)?,
                digest: row.get::<_, Option<i64>>(5)?.map(Instant),
                versions: row
                    .get::<_, Option<String>>(6)?
                    .map_or_else(Vec::new, |json| serde_json::from_str(&json).unwrap_or_default()),
            })
        });
        self.map_fault(found.optional())
    }

    /// Replaces the state of a model.
    pub fn put_watch_state(&self, model: &str, state: &WatchState) -> Result<()> {
        let versions = serde_json::to_string(&state.versions).ok().filter(|_| !state.versions.is_empty());
        let sql = "INSERT OR REPLACE INTO model (name, first_us, covered_us, line, reference_id, model_sha256, digest_us, versions) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.map_fault(self.tx.execute(
            sql,
            params![
                model,
                state.first.0,
                state.covered.0,
                state.line,
                state.reference_id,
                state.model_sha256,
                state.digest.map(|at| at.0),
                versions
            ],
        ))?;
        Ok(())
    }

    /// Withdraws the runs that [`Self::first_run_ahead`] finds. Returns the start of the first one.
    pub fn withdraw_runs_ahead(&self, model: &str, after: Instant, now: Instant) -> Result<Option<Instant>> {
        let first = self.first_run_ahead(model, after, now)?;
        if first.is_some() {
            let sql = format!("UPDATE run SET current = 0 WHERE {AHEAD}");
            self.map_fault(self.tx.execute(&sql, params![model, after.0, now.0]))?;
            self.forget_label_verdicts(model, Instant(i64::MIN), after)?;
        }
        Ok(first)
    }

    /// Returns the start of the first window with a run made while the clock was ahead: the window ends after `after`, or it has
    /// no records, and the run was recorded after `now`.
    pub fn first_run_ahead(&self, model: &str, after: Instant, now: Instant) -> Result<Option<Instant>> {
        let sql = format!("SELECT min(from_us) FROM run WHERE {AHEAD}");
        let values = params![model, after.0, now.0];
        let first: Option<i64> = self.map_fault(self.tx.query_row(&sql, values, |row| row.get(0)))?;
        Ok(first.map(Instant))
    }

    /// Returns whether a window that starts after `now` has records: the clock is behind that of the log.
    pub fn has_records_after(&self, model: &str, now: Instant) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM run WHERE model = ?1 AND current = 1 AND scheduled = 1 AND records > 0 \
                   AND from_us > ?2)";
        self.map_fault(self.tx.query_row(sql, params![model, now.0], |row| row.get(0)))
    }

    /// Returns when the oldest run of a model was made.
    pub fn oldest_run(&self, model: &str) -> Result<Option<Instant>> {
        let sql = "SELECT min(created_us) FROM run WHERE model = ?1";
        let at: Option<i64> = self.map_fault(self.tx.query_row(sql, [model], |row| row.get(0)))?;
        Ok(at.map(Instant))
    }

    /// Returns the end of the newest window with records. Retention is measured from there.
    pub fn records_until(&self, model: &str) -> Result<Option<Instant>> {
        let sql = "SELECT max(to_us) FROM run WHERE model = ?1 AND current = 1 AND records > 0";
        let to: Option<i64> = self.map_fault(self.tx.query_row(sql, [model], |row| row.get(0)))?;
        Ok(to.map(Instant))
    }

    /// Returns at most `limit` record counts of earlier windows that `alike` selects, newest first.
    pub fn comparable_counts(
        &self,
        model: &str,
        before: Instant,
        limit: usize,
        alike: impl Fn(Window) -> bool,
    ) -> Result<Vec<u64>> {
        let sql = "SELECT from_us, to_us, records FROM run WHERE model = ?1 AND current = 1 AND scheduled = 1 \
                   AND outcome = 'told' AND records IS NOT NULL AND to_us <= ?2 AND from_us >= ?3 ORDER BY to_us DESC";
        // Only the last ten weeks are representative.
        let since = before.0.saturating_sub(70 * 86_400_000_000);
        let rows = self.rows(sql, params![model, before.0, since], |row| {
            Ok((Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) }, row.get::<_, i64>(2)?))
        })?;
        let alike = rows.into_iter().filter(|(window, _)| alike(*window));
        Ok(alike.filter_map(|(_, records)| u64::try_from(records).ok()).take(limit).collect())
    }
}
