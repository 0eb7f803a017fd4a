//! As of which labels each window was checked: when others have come, it is checked again.

use rusqlite::params;
use vigie_profile::window::{Instant, Window};

use super::Entry;
use crate::fault::Result;

/// The step that makes its table.
pub(super) const STEP: &str = "
CREATE TABLE label_look (
  model TEXT NOT NULL,
  from_us INTEGER NOT NULL,
  to_us INTEGER NOT NULL,
  looked_us INTEGER NOT NULL,
  mark TEXT NOT NULL,             -- another as soon as labels come or change
  PRIMARY KEY (model, from_us, to_us)
) STRICT;
";

/// A window's last look at its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelLook {
    pub window: Window,
    pub looked: Instant,
    pub mark: String,
}

impl Entry<'_> {
    /// Of all windows of a model that were looked at.
    pub fn label_looks(&self, model: &str) -> Result<Vec<LabelLook>> {
        let sql = "SELECT from_us, to_us, looked_us, mark FROM label_look WHERE model = ?1";
        self.rows(sql, [model], |row| {
            let window = Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) };
            Ok(LabelLook { window, looked: Instant(row.get(2)?), mark: row.get(3)? })
        })
    }

    /// Writes a window's last look down.
    pub fn put_label_look(&self, model: &str, look: &LabelLook) -> Result<()> {
        let sql =
            "INSERT OR REPLACE INTO label_look (model, from_us, to_us, looked_us, mark) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = params![model, look.window.from.0, look.window.to.0, look.looked.0, look.mark];
        self.done(self.tx.execute(sql, values))?;
        Ok(())
    }

    /// Drops those of windows that ended before.
    pub fn forget_label_looks(&self, model: &str, before: Instant) -> Result<()> {
        let sql = "DELETE FROM label_look WHERE model = ?1 AND to_us < ?2";
        self.done(self.tx.execute(sql, params![model, before.0]))?;
        Ok(())
    }
}
