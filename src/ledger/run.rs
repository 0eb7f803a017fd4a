//! Runs: the outcome of checking a window, and its trend values.

use rusqlite::{OptionalExtension, Row, params};
use vigie_profile::window::{Instant, Window};

use super::{LedgerTx, payload};
use crate::{
    fault::Result,
    judge::{Headline, Note, Severity},
};

/// The outcome of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// There is a report. Stored as `told`.
    Reported,
    /// The check failed and will be retried.
    Failed,
    /// The window can never be checked.
    Skipped,
    /// Windows that were not checked because `schedule.catch_up` was exceeded.
    Gap,
}

impl RunStatus {
    /// The name used in the ledger and by `vigie status`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reported => "told",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Gap => "gap",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "told" => Self::Reported,
            "skipped" => Self::Skipped,
            "gap" => Self::Gap,
            _ => Self::Failed,
        }
    }
}

/// One row of the `run` table.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub model: String,
    pub window: Window,
    pub revision: u32,
    pub status: RunStatus,
    /// Whether the window is a complete window of the schedule, as opposed to one requested by hand.
    pub scheduled: bool,
    /// Number of attempts.
    pub attempts: u32,
    /// Number of the trend line, which increases with each new reference or model.
    pub line: i64,
    pub created_at: Instant,
    /// Number of records in the window when it was checked. If it changes, a new revision is made.
    pub records: Option<u64>,
    pub rows_used: Option<u64>,
    pub severity: Option<Severity>,
    /// The verdict, or why there is no report.
    pub headline: Headline,
    /// Path of the report page below the reports folder.
    pub report: Option<String>,
    pub reference_id: Option<String>,
    pub model_sha256: Option<String>,
    /// The registered model and its version that the window was checked with. `None` without a registry, and in rows of
    /// earlier versions of vigie.
    pub registered: Option<(String, i64)>,
    /// Anything else the operator should know.
    pub note: Option<Note>,
}

/// The trend values of a feature in one run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendRow {
    /// `None` for the score.
    pub feature: Option<String>,
    pub severity: Severity,
    pub psi: Option<f64>,
    pub ks: Option<f64>,
    pub missing: Option<f64>,
    pub q_value: Option<f64>,
}

const COLUMNS: &str = "model, from_us, to_us, revision, outcome, scheduled, attempts, line, created_us, records, \
                       rows_used, severity, sentence, report, reference_id, model_sha256, note, headline, note_facts, \
                       registry_model, registry_version";

fn read_run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let count = |index: usize| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(index)?.and_then(|count| u64::try_from(count).ok()))
    };
    Ok(RunRow {
        model: row.get(0)?,
        window: Window { from: Instant(row.get(1)?), to: Instant(row.get(2)?) },
        revision: row.get(3)?,
        status: RunStatus::parse(&row.get::<_, String>(4)?),
        scheduled: row.get(5)?,
        attempts: row.get(6)?,
        line: row.get(7)?,
        created_at: Instant(row.get(8)?),
        records: count(9)?,
        rows_used: count(10)?,
        severity: row.get::<_, Option<String>>(11)?.as_deref().and_then(Severity::parse),
        headline: match payload::read(row, 17)? {
            Some(headline) => headline,
            None => Headline::Stored { sentence: row.get(12)?, french: None },
        },
        report: row.get(13)?,
        reference_id: row.get(14)?,
        model_sha256: row.get(15)?,
        registered: row.get::<_, Option<String>>(19)?.zip(row.get(20)?),
        note: read_note(row, 18, 16)?,
    })
}

/// Reads a note; earlier versions stored a sentence.
fn read_note(row: &Row<'_>, facts: usize, sentence: usize) -> rusqlite::Result<Option<Note>> {
    match payload::read(row, facts)? {
        Some(note) => Ok(Some(note)),
        None => Ok(row.get::<_, Option<String>>(sentence)?.map(|sentence| Note::Stored { sentence })),
    }
}

fn count(count: Option<u64>) -> Option<i64> {
    count.and_then(|count| i64::try_from(count).ok())
}

impl LedgerTx<'_> {
    /// Returns the current run of a window.
    pub fn current(&self, model: &str, window: Window) -> Result<Option<RunRow>> {
        let sql = format!("SELECT {COLUMNS} FROM run WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1");
        self.map_fault(self.tx.query_row(&sql, params![model, window.from.0, window.to.0], read_run).optional())
    }

    /// Returns at most `limit` current runs, newest window first.
    pub fn latest(&self, model: &str, limit: u32) -> Result<Vec<RunRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE model = ?1 AND current = 1 ORDER BY to_us DESC, from_us DESC LIMIT ?2"
        );
        self.rows(&sql, params![model, limit], read_run)
    }

    /// Returns the current runs whose windows lie within `range`, oldest first.
    pub fn runs_in(&self, model: &str, range: Window) -> Result<Vec<RunRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE model = ?1 AND current = 1 AND from_us >= ?2 AND to_us <= ?3 ORDER BY from_us"
        );
        self.rows(&sql, params![model, range.from.0, range.to.0], read_run)
    }

    /// Returns the latest note of a run since the last queued message.
    pub fn unsent_note(&self, model: &str) -> Result<Option<Note>> {
        let sql = "SELECT note_facts, note FROM run WHERE model = ?1 AND (note_facts IS NOT NULL OR note IS NOT NULL) \
                   AND id > ifnull((SELECT max(run) FROM outbox WHERE model = ?1), 0) ORDER BY id DESC LIMIT 1";
        Ok(self.map_fault(self.tx.query_row(sql, [model], |row| read_note(row, 0, 1)).optional())?.flatten())
    }

    /// Returns scheduled windows from `since` on whose check has failed so far, oldest first.
    pub fn failed_windows(&self, model: &str, since: Instant) -> Result<Vec<Window>> {
        let sql = "SELECT from_us, to_us FROM run WHERE model = ?1 AND current = 1 AND scheduled = 1 \
                   AND outcome = 'failed' AND from_us >= ?2 ORDER BY from_us";
        self.rows(sql, params![model, since.0], |row| {
            Ok(Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) })
        })
    }

    /// Returns the end of the newest scheduled window with a report, of those that are over. Only later windows change alerts.
    pub fn judged_until(&self, model: &str, now: Instant) -> Result<Option<Instant>> {
        let sql = "SELECT max(to_us) FROM run WHERE model = ?1 AND current = 1 AND outcome = 'told' AND scheduled = 1 \
                   AND to_us <= ?2";
        let to: Option<i64> = self.map_fault(self.tx.query_row(sql, params![model, now.0], |row| row.get(0)))?;
        Ok(to.map(Instant))
    }

    /// Makes this run the current one of its window and returns its id. The previous run is kept as history.
    pub fn put_run(&self, run: &RunRow, trends: &[TrendRow]) -> Result<i64> {
        let window = params![run.model, run.window.from.0, run.window.to.0];
        let headline = self.map_fault(payload::write(&run.headline))?;
        let note = self.map_fault(run.note.as_ref().map(payload::write).transpose())?;
        // A failed attempt and a run of the same revision are replaced; other revisions are kept.
        self.map_fault(self.tx.execute(
            "DELETE FROM run WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1 AND (outcome <> 'told' OR revision = ?4)",
            params![run.model, run.window.from.0, run.window.to.0, run.revision],
        ))?;
        self.map_fault(self.tx.execute(
            "UPDATE run SET current = 0 WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1",
            window,
        ))?;
        self.map_fault(self.tx.execute(
            &format!(
                "INSERT INTO run ({COLUMNS}, current) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, 1)"
            ),
            params![
                run.model,
                run.window.from.0,
                run.window.to.0,
                run.revision,
                run.status.word(),
                run.scheduled,
                run.attempts,
                run.line,
                run.created_at.0,
                count(run.records),
                count(run.rows_used),
                run.severity.map(Severity::word),
                "",
                run.report,
                run.reference_id,
                run.model_sha256,
                None::<String>,
                headline,
                note,
                run.registered.as_ref().map(|(name, _)| name),
                run.registered.as_ref().map(|(_, version)| version),
            ],
        ))?;
        let id = self.tx.last_insert_rowid();
        let sql =
            "INSERT INTO trend (run, feature, severity, psi, ks, missing, q_value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut insert = self.map_fault(self.tx.prepare(sql))?;
        for trend in trends {
            let values =
                params![id, trend.feature, trend.severity.word(), trend.psi, trend.ks, trend.missing, trend.q_value];
            self.map_fault(insert.execute(values))?;
        }
        Ok(id)
    }

    /// Replaces the number of records of a window whose report is kept, so that it is not checked again because of them.
    pub fn note_records(&self, model: &str, window: Window, records: u64) -> Result<()> {
        let sql = "UPDATE run SET records = ?4 WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1";
        let values = params![model, window.from.0, window.to.0, count(Some(records))];
        self.map_fault(self.tx.execute(sql, values)).map(|_| ())
    }

    /// Returns at most `limit` trend values of a feature from current runs of the current trend line, oldest first.
    pub fn trend(&self, model: &str, feature: Option<&str>, limit: u32) -> Result<Vec<(Window, TrendRow)>> {
        let sql = "SELECT run.from_us, run.to_us, trend.severity, psi, ks, missing, q_value \
                   FROM trend JOIN run ON run.id = trend.run \
                   WHERE model = ?1 AND current = 1 AND trend.feature IS ?2 \
                     AND line = (SELECT max(line) FROM run WHERE model = ?1) \
                   ORDER BY to_us DESC LIMIT ?3";
        let mut rows = self.rows(sql, params![model, feature, limit], |row| {
            let window = Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) };
            let severity = Severity::parse(&row.get::<_, String>(2)?).unwrap_or(Severity::Stable);
            Ok((
                window,
                TrendRow {
                    feature: feature.map(ToOwned::to_owned),
                    severity,
                    psi: row.get(3)?,
                    ks: row.get(4)?,
                    missing: row.get(5)?,
                    q_value: row.get(6)?,
                },
            ))
        })?;
        rows.reverse();
        Ok(rows)
    }

    /// Deletes runs of windows that ended before `before`, except those that `kept` selects.
    pub fn forget_runs(&self, model: &str, before: Instant, kept: impl Fn(Window) -> bool) -> Result<()> {
        let old = self.rows(
            "SELECT id, from_us, to_us FROM run WHERE model = ?1 AND to_us < ?2",
            params![model, before.0],
            |row| Ok((row.get::<_, i64>(0)?, Window { from: Instant(row.get(1)?), to: Instant(row.get(2)?) })),
        )?;
        for (id, _) in old.into_iter().filter(|(_, window)| !kept(*window)) {
            self.map_fault(self.tx.execute("DELETE FROM run WHERE id = ?1", [id]))?;
        }
        Ok(())
    }
}
