//! How far a model has been watched, and on which trend line.

use rusqlite::{OptionalExtension, params};
use vigie_profile::window::{Instant, Window};

use super::Entry;
use crate::fault::Result;

/// What the ledger knows of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Start of the first window that is watched.
    pub first: Instant,
    /// Every window before is settled.
    pub covered: Instant,
    pub line: i64,
    pub reference_id: Option<String>,
    pub model_sha256: Option<String>,
    /// When the last digest was told.
    pub digest: Option<Instant>,
}

impl Entry<'_> {
    /// `None`: never looked at.
    pub fn watched(&self, model: &str) -> Result<Option<Watched>> {
        let sql = "SELECT first_us, covered_us, line, reference_id, model_sha256, digest_us FROM model WHERE name = ?1";
        let found = self.tx.query_row(sql, [model], |row| {
            Ok(Watched {
                first: Instant(row.get(0)?),
                covered: Instant(row.get(1)?),
                line: row.get(2)?,
                reference_id: row.get(3)?,
                model_sha256: row.get(4)?,
                digest: row.get::<_, Option<i64>>(5)?.map(Instant),
            })
        });
        self.done(found.optional())
    }

    /// Writes it down anew.
    pub fn put_watched(&self, model: &str, watched: &Watched) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO model (name, first_us, covered_us, line, reference_id, model_sha256, digest_us) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.done(self.tx.execute(
            sql,
            params![
                model,
                watched.first.0,
                watched.covered.0,
                watched.line,
                watched.reference_id,
                watched.model_sha256,
                watched.digest.map(|at| at.0)
            ],
        ))?;
        Ok(())
    }

    /// Takes back runs of windows that are not over yet: they were made while the clock was ahead. Answers the start
    /// of the first of them.
    pub fn take_back(&self, model: &str, after: Instant) -> Result<Option<Instant>> {
        let first = self.first_after(model, after)?;
        if first.is_some() {
            let sql = "UPDATE run SET current = 0 WHERE model = ?1 AND current = 1 AND scheduled = 1 AND to_us > ?2";
            self.done(self.tx.execute(sql, params![model, after.0]))?;
            self.forget_by_labels(model, Instant(i64::MIN), after)?;
        }
        Ok(first)
    }

    /// The start of the first run whose window ends later.
    pub fn first_after(&self, model: &str, after: Instant) -> Result<Option<Instant>> {
        let sql = "SELECT min(from_us) FROM run WHERE model = ?1 AND current = 1 AND scheduled = 1 AND to_us > ?2";
        let first: Option<i64> = self.done(self.tx.query_row(sql, params![model, after.0], |row| row.get(0)))?;
        Ok(first.map(Instant))
    }

    /// The end of the newest window that holds a record: what is old is counted from there.
    pub fn held_to(&self, model: &str) -> Result<Option<Instant>> {
        let sql = "SELECT max(to_us) FROM run WHERE model = ?1 AND current = 1 AND records > 0";
        let to: Option<i64> = self.done(self.tx.query_row(sql, [model], |row| row.get(0)))?;
        Ok(to.map(Instant))
    }

    /// Records of earlier windows, newest first, that `alike` takes for the same place in the week.
    pub fn usual(
        &self,
        model: &str,
        before: Instant,
        most: usize,
        alike: impl Fn(Window) -> bool,
    ) -> Result<Vec<u64>> {
        let sql = "SELECT from_us, to_us, records FROM run WHERE model = ?1 AND current = 1 AND scheduled = 1 \
                   AND outcome = 'told' AND records IS NOT NULL AND to_us <= ?2 AND from_us >= ?3 ORDER BY to_us DESC";
        // Ten weeks say what is usual now.
        let since = before.0.saturating_sub(70 * 86_400_000_000);
        let rows = self.rows(sql, params![model, before.0, since], |row| {
            Ok((Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) }, row.get::<_, i64>(2)?))
        })?;
        let alike = rows.into_iter().filter(|(window, _)| alike(*window));
        Ok(alike.filter_map(|(_, records)| u64::try_from(records).ok()).take(most).collect())
    }
}
