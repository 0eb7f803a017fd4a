//! What became of a window.

use rusqlite::{OptionalExtension, Row, params};
use vigie_profile::window::{Instant, Window};

use super::Entry;
use crate::{fault::Result, judge::Severity};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has a report.
    Told,
    /// It could not tell; it is tried again.
    Failed,
    /// It can never tell.
    Skipped,
    /// Nobody looked: more windows than are caught up with.
    Gap,
}

impl Ended {
    /// The word in the ledger and in `vigie status`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Gap => "gap",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "told" => Self::Told,
            "skipped" => Self::Skipped,
            "gap" => Self::Gap,
            _ => Self::Failed,
        }
    }
}

/// One run as the ledger has it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub model: String,
    pub window: Window,
    pub revision: u32,
    pub ended: Ended,
    /// Of a complete window of the schedule, and not of one that somebody asked for.
    pub scheduled: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// The number of the trend line: it rises with each new reference or model.
    pub line: i64,
    pub created_at: Instant,
    /// Records in the window when it was looked at; a change makes a revision.
    pub records: Option<u64>,
    pub rows_used: Option<u64>,
    pub severity: Option<Severity>,
    /// The verdict, or why there is none.
    pub sentence: String,
    /// The page below the folder of reports.
    pub report: Option<String>,
    pub reference_id: Option<String>,
    pub model_sha256: Option<String>,
    /// What else is to be known of it.
    pub note: Option<String>,
}

/// A feature's numbers in one run; `None`: the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    pub feature: Option<String>,
    pub severity: Severity,
    pub psi: Option<f64>,
    pub ks: Option<f64>,
    pub missing: Option<f64>,
    pub q_value: Option<f64>,
}

const COLUMNS: &str = "model, from_us, to_us, revision, outcome, scheduled, attempts, line, created_us, records, \
                       rows_used, severity, sentence, report, reference_id, model_sha256, note";

fn run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let count = |index: usize| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(index)?.and_then(|count| u64::try_from(count).ok()))
    };
    Ok(RunRow {
        model: row.get(0)?,
        window: Window { from: Instant(row.get(1)?), to: Instant(row.get(2)?) },
        revision: row.get(3)?,
        ended: Ended::parse(&row.get::<_, String>(4)?),
        scheduled: row.get(5)?,
        attempts: row.get(6)?,
        line: row.get(7)?,
        created_at: Instant(row.get(8)?),
        records: count(9)?,
        rows_used: count(10)?,
        severity: row.get::<_, Option<String>>(11)?.as_deref().and_then(Severity::parse),
        sentence: row.get(12)?,
        report: row.get(13)?,
        reference_id: row.get(14)?,
        model_sha256: row.get(15)?,
        note: row.get(16)?,
    })
}

fn count(count: Option<u64>) -> Option<i64> {
    count.and_then(|count| i64::try_from(count).ok())
}

impl Entry<'_> {
    /// The run that counts for a window.
    pub fn current(&self, model: &str, window: Window) -> Result<Option<RunRow>> {
        let sql = format!("SELECT {COLUMNS} FROM run WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1");
        self.done(self.tx.query_row(&sql, params![model, window.from.0, window.to.0], run).optional())
    }

    /// The runs that count, newest window first, at most so many.
    pub fn latest(&self, model: &str, most: u32) -> Result<Vec<RunRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE model = ?1 AND current = 1 ORDER BY to_us DESC, from_us DESC LIMIT ?2"
        );
        self.rows(&sql, params![model, most], run)
    }

    /// Current runs whose windows lie in a stretch of time, oldest first.
    pub fn runs_in(&self, model: &str, stretch: Window) -> Result<Vec<RunRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run WHERE model = ?1 AND current = 1 AND from_us >= ?2 AND to_us <= ?3 ORDER BY from_us"
        );
        self.rows(&sql, params![model, stretch.from.0, stretch.to.0], run)
    }

    /// The latest note of a run that nobody was written to since.
    pub fn untold_note(&self, model: &str) -> Result<Option<String>> {
        let sql = "SELECT note FROM run WHERE model = ?1 AND note IS NOT NULL \
                   AND id > ifnull((SELECT max(run) FROM outbox WHERE model = ?1), 0) ORDER BY id DESC LIMIT 1";
        self.done(self.tx.query_row(sql, [model], |row| row.get(0)).optional())
    }

    /// Windows of the schedule from `since` on that could not be told so far, oldest first.
    pub fn failing(&self, model: &str, since: Instant) -> Result<Vec<Window>> {
        let sql = "SELECT from_us, to_us FROM run WHERE model = ?1 AND current = 1 AND scheduled = 1 \
                   AND outcome = 'failed' AND from_us >= ?2 ORDER BY from_us";
        self.rows(sql, params![model, since.0], |row| {
            Ok(Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) })
        })
    }

    /// The end of the newest complete window that was judged; only later ones move alerts.
    pub fn judged_to(&self, model: &str) -> Result<Option<Instant>> {
        let sql = "SELECT max(to_us) FROM run WHERE model = ?1 AND current = 1 AND outcome = 'told' AND scheduled = 1";
        let to: Option<i64> = self.done(self.tx.query_row(sql, [model], |row| row.get(0)))?;
        Ok(to.map(Instant))
    }

    /// Makes this run the one that counts for its window; the former stays as history. Answers its number.
    pub fn put_run(&self, run: &RunRow, trends: &[Trend]) -> Result<i64> {
        let window = params![run.model, run.window.from.0, run.window.to.0];
        // A try that failed, and a run that said the same, are replaced; another revision is history.
        self.done(self.tx.execute(
            "DELETE FROM run WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1 AND (outcome <> 'told' OR revision = ?4)",
            params![run.model, run.window.from.0, run.window.to.0, run.revision],
        ))?;
        self.done(self.tx.execute(
            "UPDATE run SET current = 0 WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 AND current = 1",
            window,
        ))?;
        self.done(self.tx.execute(
            &format!(
                "INSERT INTO run ({COLUMNS}, current) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 1)"
            ),
            params![
                run.model,
                run.window.from.0,
                run.window.to.0,
                run.revision,
                run.ended.word(),
                run.scheduled,
                run.attempts,
                run.line,
                run.created_at.0,
                count(run.records),
                count(run.rows_used),
                run.severity.map(Severity::word),
                run.sentence,
                run.report,
                run.reference_id,
                run.model_sha256,
                run.note,
            ],
        ))?;
        let id = self.tx.last_insert_rowid();
        let sql =
            "INSERT INTO trend (run, feature, severity, psi, ks, missing, q_value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut insert = self.done(self.tx.prepare(sql))?;
        for trend in trends {
            let values =
                params![id, trend.feature, trend.severity.word(), trend.psi, trend.ks, trend.missing, trend.q_value];
            self.done(insert.execute(values))?;
        }
        Ok(id)
    }

    /// The numbers of a feature through the current runs of the present trend line, oldest first.
    pub fn trend(&self, model: &str, feature: Option<&str>, most: u32) -> Result<Vec<(Window, Trend)>> {
        let sql = "SELECT run.from_us, run.to_us, trend.severity, psi, ks, missing, q_value \
                   FROM trend JOIN run ON run.id = trend.run \
                   WHERE model = ?1 AND current = 1 AND trend.feature IS ?2 \
                     AND line = (SELECT max(line) FROM run WHERE model = ?1) \
                   ORDER BY to_us DESC LIMIT ?3";
        let mut rows = self.rows(sql, params![model, feature, most], |row| {
            let window = Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) };
            let severity = Severity::parse(&row.get::<_, String>(2)?).unwrap_or(Severity::Stable);
            Ok((
                window,
                Trend {
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

    /// Drops runs of windows that ended before; those that `kept` names stay.
    pub fn forget_runs(&self, model: &str, before: Instant, kept: impl Fn(Window) -> bool) -> Result<()> {
        let old = self.rows(
            "SELECT id, from_us, to_us FROM run WHERE model = ?1 AND to_us < ?2",
            params![model, before.0],
            |row| Ok((row.get::<_, i64>(0)?, Window { from: Instant(row.get(1)?), to: Instant(row.get(2)?) })),
        )?;
        for (id, _) in old.into_iter().filter(|(_, window)| !kept(*window)) {
            self.done(self.tx.execute("DELETE FROM run WHERE id = ?1", [id]))?;
        }
        Ok(())
    }
}
