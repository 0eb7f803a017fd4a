//! The first windows of a model with an explicit `schedule.start`: all of them, although there may be more than `catch_up`.

use tracing::info;
use vigie_profile::window::Window;

use super::{due, window::ModelCheck};
use crate::fault::Result;

impl ModelCheck<'_> {
    /// Checks the windows from `schedule.start` to the last one with a record that were over when the model was first
    /// checked, as far as `catch_up` alone would skip them. Returns whether nothing is left of them.
    pub(super) fn check_first_windows(&mut self) -> Result<bool> {
        if self.settings.schedule.start.is_none() {
            return Ok(true);
        }
        let windows = self.first_windows()?;
        if windows.is_empty() {
            return Ok(true);
        }
        let Some(counts) = self.count_records(&windows)? else { return Ok(false) };
        let Some(last) = counts.iter().rposition(|records| *records > 0) else { return Ok(true) };
        let failed = self.summary.failed;
        self.label_fingerprint = self.read_label_fingerprint();
        info!(model = self.model(), windows = last + 1, "checking all windows from schedule.start");
        for (window, records) in windows.iter().zip(counts).take(last + 1) {
            if self.is_stopping() {
                return Ok(false);
            }
            self.check_window(*window, records)?;
        }
        if self.summary.failed > failed {
            return Ok(false);
        }
        if let Some(last) = windows.get(last) {
            self.set_covered(last.to)?;
        }
        Ok(true)
    }

    /// Windows that `catch_up` would skip, but that an explicit start includes: those that are not settled and were over at
    /// the first check. Later ones were missed because the daemon was down.
    fn first_windows(&mut self) -> Result<Vec<Window>> {
        let (model, newest) = (self.settings.model.name.clone(), self.newest);
        let Some(state) = self.ledger.view(|tx| tx.watch_state(&model))? else { return Ok(Vec::new()) };
        let Some((gap, _)) = due::due_from_ledger(self.ledger, self.settings, &state, newest, self.context.now)?.gap
        else {
            return Ok(Vec::new());
        };
        let oldest = self.ledger.view(|tx| tx.oldest_run(&model))?;
        let lateness = self.settings.schedule.lateness;
        let until = oldest.map_or(newest, |at| self.cadence.latest_complete(at, lateness)).to;
        let settled = due::settled(self.ledger, self.settings, &state, newest, self.context.now)?;
        let before = gap.to.min(until);
        let windows = due::between(&self.cadence, gap.from, newest).into_iter();
        Ok(windows.take_while(|window| window.to <= before).filter(|window| !settled.contains(window)).collect())
    }
}
