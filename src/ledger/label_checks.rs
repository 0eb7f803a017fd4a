//! The state of the labels when each window was last checked. If it has changed, the window is checked again.

use rusqlite::params;
use vigie_profile::window::{Instant, Window};

use super::LedgerTx;
use crate::fault::Result;

/// The last check of a window with its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelCheck {
    pub window: Window,
    pub checked_at: Instant,
    /// Changes whenever labels arrive or change.
    pub fingerprint: String,
}

impl LedgerTx<'_> {
    /// Returns the label checks of a model.
    pub fn label_checks(&self, model: &str) -> Result<Vec<LabelCheck>> {
        let sql = "SELECT from_us, to_us, looked_us, mark FROM label_look WHERE model = ?1";
        self.rows(sql, [model], |row| {
            let window = Window { from: Instant(row.get(0)?), to: Instant(row.get(1)?) };
            Ok(LabelCheck { window, checked_at: Instant(row.get(2)?), fingerprint: row.get(3)? })
        })
    }

    /// Replaces the label check of a window.
    pub fn put_label_check(&self, model: &str, check: &LabelCheck) -> Result<()> {
        let sql =
            "INSERT OR REPLACE INTO label_look (model, from_us, to_us, looked_us, mark) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = params![model, check.window.from.0, check.window.to.0, check.checked_at.0, check.fingerprint];
        self.map_fault(self.tx.execute(sql, values))?;
        Ok(())
    }

    /// Deletes checks of windows that ended before `before`.
    pub fn forget_label_checks(&self, model: &str, before: Instant) -> Result<()> {
        let sql = "DELETE FROM label_look WHERE model = ?1 AND to_us < ?2";
        self.map_fault(self.tx.execute(sql, params![model, before.0]))?;
        Ok(())
    }
}
