//! Labels arrive late: past windows are checked again when they do, a few per check. This opens alerts on label verdicts
//! only, reported together once all windows have been checked.

use std::collections::BTreeMap;

use tracing::{info, warn};
use vigie_profile::window::{Instant, Window};

use super::window::{ModelCheck, catch_panics};
use crate::{
    fault::Result,
    ledger::{LabelCheck, RunRow, RunStatus},
    monitor,
    report::Report,
    source::{LabelLog, LabelLookup, LabelOptions},
};

/// Maximum number of windows rechecked per check, so that the past does not delay the next due window.
const MAX_WINDOWS: usize = 4;
/// Minimum time between two checks of a window, for labels that arrive all day long.
const RECHECK_INTERVAL_US: i64 = 12 * 3_600_000_000;
/// Fingerprint if no label has ever arrived.
const NOTHING: &str = "nothing yet";
/// Fingerprint if the labels could not be read: it differs from that of the next check.
const UNREAD: &str = "unread";

impl ModelCheck<'_> {
    /// Returns a fingerprint that changes with the labels; `None` if labels are not configured or cannot be read.
    pub(super) fn read_label_fingerprint(&self) -> Option<String> {
        let labels = self.settings.labels.as_ref()?;
        let fingerprint = catch_panics(|| match LabelLog::open(labels, &self.settings.source)? {
            LabelLookup::NotYet(_) => Ok(NOTHING.to_owned()),
            LabelLookup::Found(log) => log.fingerprint(),
        });
        // The report of the next window contains the fault as a finding.
        fingerprint.inspect_err(|fault| warn!(model = self.settings.model.name, "{fault}")).ok()
    }

    /// Records which labels were used to check a window.
    pub(super) fn note_labels(&mut self, report: &Report) -> Result<()> {
        let Some((fingerprint, labels)) = self.label_fingerprint.clone().zip(self.settings.labels.as_ref()) else {
            return Ok(());
        };
        let is_complete = report
            .performance
            .as_ref()
            .and_then(|performance| performance.labels.as_ref())
            .is_none_or(|labels| labels.unreadable.is_empty());
        let is_settled = is_complete || labels.place.stamps_show_repairs();
        self.put_label_check(report.examined.window, if is_settled { fingerprint } else { UNREAD.to_owned() })
    }

    fn put_label_check(&mut self, window: Window, fingerprint: String) -> Result<()> {
        let check = LabelCheck { window, checked_at: self.context.now, fingerprint };
        let model = self.settings.model.name.as_str();
        self.ledger.write(|tx| tx.put_label_check(model, &check))
    }

    /// Checks windows again whose labels have changed: the least recently checked first, among these the oldest.
    pub(super) fn recheck_labelled(&mut self) -> Result<()> {
        let Some((labels, fingerprint)) = self.settings.labels.as_ref().zip(self.label_fingerprint.clone()) else {
            return Ok(());
        };
        if fingerprint == NOTHING || self.is_stopping() {
            return Ok(());
        }
        let waiting = self.waiting(labels, &fingerprint)?;
        let has_more = waiting.len() > MAX_WINDOWS;
        let mut selected: Vec<RunRow> = waiting.into_iter().take(MAX_WINDOWS).collect();
        // In the order in which they are counted.
        selected.sort_by_key(|run| run.window);
        let windows: Vec<Window> = selected.iter().map(|run| run.window).collect();
        if windows.is_empty() {
            return Ok(());
        }
        let counts = match catch_panics(|| monitor::tally(self.settings, &windows, self.context.scan)) {
            Ok(counts) => counts,
            // The next check tries again, and reports the fault if a window is due.
            Err(fault) => {
                warn!(model = self.settings.model.name, "labels have arrived, but the log cannot be read: {fault}");
                return Ok(());
            }
        };
        for (run, records) in selected.iter().zip(counts) {
            if self.is_stopping() {
                return Ok(());
            }
            let model = self.settings.model.name.as_str();
            if run.records.is_some_and(|before| records < before) {
                info!(
                    model, window = %run.window, records,
                    "labels have arrived, but records of the window are missing from the log: its report is kept"
                );
                // The records may come back; if not, retries end with `labels.revise`.
                self.put_label_check(run.window, UNREAD.to_owned())?;
                continue;
            }
            info!(model, window = %run.window, "labels have arrived or changed: checking the window again");
            let reported = self.summary.reported;
            if self.check_window(run.window, records)? {
                self.put_label_check(run.window, fingerprint.clone())?;
            } else if self.summary.reported == reported {
                // Give way to other windows; retry this one in half a day.
                self.put_label_check(run.window, UNREAD.to_owned())?;
            }
        }
        // None of these windows is waiting any more, whatever the result: the others may follow at once.
        self.summary.more = has_more;
        Ok(())
    }

    /// Applies label verdicts to alerts, once all waiting windows have been checked. Returns whether this caused events.
    pub(super) fn apply_label_verdicts(&mut self) -> Result<bool> {
        if self.summary.more || self.is_stopping() {
            return Ok(false);
        }
        let context = self.context;
        let events = monitor::record_labels(self.ledger, self.settings, context.now, context.compose)?.len();
        self.summary.events += events;
        Ok(events > 0)
    }

    /// Returns the runs whose labels have changed since they were checked.
    fn waiting(&mut self, labels: &LabelOptions, fingerprint: &str) -> Result<Vec<RunRow>> {
        let (model, now) = (self.settings.model.name.as_str(), self.context.now);
        let since = Instant(now.0.saturating_sub(labels.revise.microseconds()));
        let range = Window { from: self.cadence.window_at(since).from, to: self.newest.to };
        let (runs, checks, state) =
            self.ledger.view(|tx| Ok((tx.runs_in(model, range)?, tx.label_checks(model)?, tx.watch_state(model)?)))?;
        let checks: BTreeMap<Window, LabelCheck> = checks.into_iter().map(|check| (check.window, check)).collect();
        let line = state.map_or(0, |state| state.line);
        let is_waiting = |run: &RunRow| {
            // Decisions made with a previous reference or model are not judged by the current ones.
            let is_current =
                run.status == RunStatus::Reported && run.scheduled && run.line == line && run.window.to > since;
            is_current
                && run.rows_used != Some(0)
                && checks.get(&run.window).is_none_or(|check| {
                    check.fingerprint != fingerprint && check.checked_at.0.saturating_add(RECHECK_INTERVAL_US) <= now.0
                })
        };
        let mut waiting: Vec<RunRow> = runs.into_iter().filter(is_waiting).collect();
        waiting.sort_by_key(|run| (checks.get(&run.window).map(|check| check.checked_at), run.window));
        Ok(waiting)
    }
}
