//! What labels say of each window that has enough of them, and whether alerts have heard it.

use std::collections::BTreeMap;

use rusqlite::{Row, params};
use vigie_profile::window::{Instant, Window};

use super::Entry;
use crate::{
    alert::Said,
    fault::Result,
    judge::{Finding, Severity, Test},
};

/// The step that makes its table.
pub(super) const STEP: &str = "
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

const COLUMNS: &str = "from_us, to_us, test, nearness, severity, value, limit_value, q_value, sentence";

fn said(row: &Row<'_>) -> rusqlite::Result<(Window, Option<Said>)> {
    let window = Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) };
    let Some(test) = Test::parse(&row.get::<_, String>(2)?) else { return Ok((window, None)) };
    let severity: Option<String> = row.get(4)?;
    let finding = match severity.as_deref().and_then(Severity::parse) {
        None => None,
        Some(severity) => Some(Finding {
            severity,
            feature: None,
            test,
            value: row.get(5)?,
            limit: row.get(6)?,
            q_value: row.get(7)?,
            reason: row.get(8)?,
        }),
    };
    Ok((window, Some(Said { test, nearness: row.get(3)?, finding })))
}

impl Entry<'_> {
    /// Writes down what labels say of a window, in place of what they said before; `is_heard`: alerts know it already.
    pub fn put_by_labels(&self, model: &str, window: Window, say: &[Said], is_heard: bool) -> Result<()> {
        let sql =
            format!("SELECT {COLUMNS} FROM by_labels WHERE model = ?1 AND from_us = ?2 AND to_us = ?3 ORDER BY rowid");
        let before = self.rows(&sql, params![model, window.from.0, window.to.0], said)?;
        if before.iter().map(|(_, said)| said.as_ref()).eq(say.iter().map(Some)) {
            if is_heard {
                let sql = "UPDATE by_labels SET heard = 1 WHERE model = ?1 AND from_us = ?2 AND to_us = ?3";
                self.done(self.tx.execute(sql, params![model, window.from.0, window.to.0]))?;
            }
            return Ok(());
        }
        let sql = "DELETE FROM by_labels WHERE model = ?1 AND from_us = ?2 AND to_us = ?3";
        self.done(self.tx.execute(sql, params![model, window.from.0, window.to.0]))?;
        let sql = format!(
            "INSERT INTO by_labels (model, {COLUMNS}, heard) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        );
        for Said { test, nearness, finding } in say {
            let finding = finding.as_ref();
            self.done(self.tx.execute(
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
                    finding.map_or("", |finding| finding.reason.as_str()),
                    is_heard,
                ],
            ))?;
        }
        Ok(())
    }

    /// What no alert has heard yet, the oldest window first. A window that is older than one they have heard has no say any more.
    pub fn unheard(&self, model: &str) -> Result<Vec<(Window, Vec<Said>)>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM by_labels WHERE model = ?1 AND heard = 0 AND to_us >= \
             (SELECT ifnull(max(to_us), 0) FROM by_labels WHERE model = ?1 AND heard = 1) ORDER BY from_us, rowid"
        );
        let mut windows: BTreeMap<Window, Vec<Said>> = BTreeMap::new();
        for (window, said) in self.rows(&sql, [model], said)? {
            windows.entry(window).or_default().extend(said);
        }
        Ok(windows.into_iter().collect())
    }

    /// Alerts have heard all there is.
    pub fn hear(&self, model: &str) -> Result<()> {
        self.done(self.tx.execute("UPDATE by_labels SET heard = 1 WHERE model = ?1 AND heard = 0", [model]))?;
        Ok(())
    }

    /// Drops what was said of windows that ended before, or that are not over yet.
    pub fn forget_by_labels(&self, model: &str, before: Instant, after: Instant) -> Result<()> {
        let sql = "DELETE FROM by_labels WHERE model = ?1 AND (to_us < ?2 OR to_us > ?3)";
        self.done(self.tx.execute(sql, params![model, before.0, after.0]))?;
        Ok(())
    }
}
