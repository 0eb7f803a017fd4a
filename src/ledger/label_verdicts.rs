//! Label verdicts of each window with enough labels, and whether alerts have been decided with them.

use std::collections::BTreeMap;

use rusqlite::{Row, params};
use vigie_profile::window::{Instant, Window};

use super::{LedgerTx, payload};
use crate::{
    alert::LabelVerdict,
    fault::Result,
    judge::{Facts, Finding, Severity, Subject, Test},
};

const COLUMNS: &str = "from_us, to_us, test, nearness, severity, value, limit_value, q_value, sentence, facts";

fn read_verdict(row: &Row<'_>) -> rusqlite::Result<(Window, Option<LabelVerdict>)> {
    let window = Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) };
    let Some(test) = Test::parse(&row.get::<_, String>(2)?) else { return Ok((window, None)) };
    let severity: Option<String> = row.get(4)?;
    let finding = match severity.as_deref().and_then(Severity::parse) {
        None => None,
        Some(severity) => Some(Finding {
            subject: Subject::Run,
            test,
            severity,
            value: row.get(5)?,
            limit: row.get(6)?,
            q_value: row.get(7)?,
            facts: match payload::read(row, 9)? {
                Some(facts) => facts,
                None => Facts::Stored { sentence: row.get(8)? },
            },
        }),
    };
    Ok((window, Some(LabelVerdict { test, nearness: row.get(3)?, finding })))
}

impl LedgerTx<'_> {
    /// Replaces the label verdicts of a window. `is_applied`: alerts have already been decided with them.
    pub fn put_label_verdicts(
        &self,
        model: &str,
        window: Window,
        verdicts: &[LabelVerdict],
        is_applied: bool,
    ) -> Result<()> {
        let sql =
            format!("SELECT {COLUMNS} FROM by_labels WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 ORDER BY rowid");
        let before = self.rows(&sql, params![model, window.from.0, window.to.0], read_verdict)?;
        if before.iter().map(|(_, verdict)| verdict.as_ref()).eq(verdicts.iter().map(Some)) {
            if is_applied {
                let sql = "UPDATE by_labels SET heard = 1 WHERE model = ?1 AND from_us = ?2 AND to_us = ?3";
                self.map_fault(self.tx.execute(sql, params![model, window.from.0, window.to.0]))?;
            }
            return Ok(());
        }
        let sql = "DELETE FROM by_labels WHERE model = ?1 AND from_us = ?2 AND to_us = ?3";
        self.map_fault(self.tx.execute(sql, params![model, window.from.0, window.to.0]))?;
        let sql = format!(
            "INSERT INTO by_labels (model, {COLUMNS}, heard) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        );
        for LabelVerdict { test, nearness, finding } in verdicts {
            let finding = finding.as_ref();
            let facts = self.map_fault(finding.map(|finding| payload::write(&finding.facts)).transpose())?;
            self.map_fault(self.tx.execute(
                &sql,
                params![
                    model,
                    window.from.0,
                    window.to.0,
                    test.word(),
                    nearness,
                    finding.map(|finding| finding.severity.word()),
                    finding.and_then(|finding| finding.value),
                    finding.and_then(|finding| finding.limit),
                    finding.and_then(|finding| finding.q_value),
                    "",
                    facts,
                    is_applied,
                ],
            ))?;
        }
        Ok(())
    }

    /// Returns the verdicts that have not been applied to alerts yet, oldest window first. Windows older than one that has
    /// been applied are ignored.
    pub fn pending_label_verdicts(&self, model: &str) -> Result<Vec<(Window, Vec<LabelVerdict>)>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM by_labels WHERE model = ?1 AND heard = 0 AND to_us >= \
             (SELECT ifnull(max(to_us), 0) FROM by_labels WHERE model = ?1 AND heard = 1) ORDER BY from_us, rowid"
        );
        let mut windows: BTreeMap<Window, Vec<LabelVerdict>> = BTreeMap::new();
        for (window, verdict) in self.rows(&sql, [model], read_verdict)? {
            windows.entry(window).or_default().extend(verdict);
        }
        Ok(windows.into_iter().collect())
    }

    /// Marks all verdicts as applied to alerts.
    pub fn mark_label_verdicts_applied(&self, model: &str) -> Result<()> {
        self.map_fault(self.tx.execute("UPDATE by_labels SET heard = 1 WHERE model = ?1 AND heard = 0", [model]))?;
        Ok(())
    }

    /// Deletes verdicts of windows that ended before `before` or end after `after`.
    pub fn forget_label_verdicts(&self, model: &str, before: Instant, after: Instant) -> Result<()> {
        let sql = "DELETE FROM by_labels WHERE model = ?1 AND (to_us < ?2 OR to_us > ?3)";
        self.map_fault(self.tx.execute(sql, params![model, before.0, after.0]))?;
        Ok(())
    }
}
