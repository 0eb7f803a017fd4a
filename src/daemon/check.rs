//! Checks one model: due windows first, oldest first, then windows whose records or labels have changed. Reads no clock.

use tracing::{error, info, warn};
use vigie_profile::window::{Instant, Window};

use super::{
    due::{self, Due},
    window::{CheckContext, CheckSummary, ModelCheck, catch_panics},
};
use crate::{
    archive,
    config::Settings,
    crash,
    fault::Result,
    judge::Test,
    ledger::{Ledger, RunStatus, WatchState},
    monitor,
};

/// Checks a model. An error means that the ledger failed: nothing is lost, and the next check makes up for it.
pub fn check_model(settings: &Settings, ledger: &mut Ledger, context: CheckContext<'_>) -> Result<CheckSummary> {
    let cadence = settings.schedule.cadence();
    let newest = cadence.latest_complete(context.now, settings.schedule.lateness);
    let mut check = ModelCheck {
        settings,
        ledger,
        context,
        cadence,
        newest,
        is_registry_away: false,
        label_fingerprint: None,
        summary: CheckSummary::default(),
    };
    check.withdraw_future_runs()?;
    let has_label_events = match check.due()? {
        Some(due) => check.windows(&due)?,
        None => false,
    };
    let has_changed = check.summary.reported > 0 || has_label_events;
    if has_changed {
        check.apply_retention()?;
    }
    // The index also lists alerts about failed runs.
    if has_changed || check.summary.failed > 0 || check.summary.events > 0 {
        check.write_index();
    }
    Ok(check.summary)
}

impl ModelCheck<'_> {
    /// Checks all windows that need it. Returns whether label verdicts caused events.
    fn windows(&mut self, due: &Due) -> Result<bool> {
        // Taken before any window is checked, so that labels arriving meanwhile are seen by the next check.
        self.label_fingerprint = self.read_label_fingerprint();
        self.catch_up(due)?;
        crash::point("check.caught_up");
        self.recheck_late_records(due)?;
        self.update_covered()?;
        self.recheck_labelled()?;
        self.apply_label_verdicts()
    }

    /// Heals the ledger after a wrong clock.
    ///
    /// Runs of windows that are not over yet were made while the clock was ahead: they are withdrawn, and their windows checked
    /// when they are over. If such a window lies in the future and has records, it is the clock that is behind: all runs stay.
    fn withdraw_future_runs(&mut self) -> Result<()> {
        let (model, newest, now) = (self.settings.model.name.clone(), self.newest, self.context.now);
        let Some(state) = self.ledger.view(|tx| tx.watch_state(&model))? else { return Ok(()) };
        let is_behind = self.ledger.view(|tx| tx.has_records_after(&model, now))?;
        let ahead = if is_behind { None } else { self.ledger.view(|tx| tx.first_run_ahead(&model, newest.to, now))? };
        let mut covered = state.covered.min(newest.to).min(ahead.unwrap_or(newest.to));
        if is_behind && covered < state.covered {
            // What has no run yet is due; windows with a run are settled.
            covered = due::horizon(&self.cadence, newest, self.settings.schedule.catch_up).from;
        }
        let covered = covered.max(state.first);
        if covered >= state.covered && ahead.is_none() {
            return Ok(());
        }
        self.ledger.write(|tx| {
            if !is_behind {
                tx.withdraw_runs_ahead(&model, newest.to, now)?;
            }
            tx.put_watch_state(&model, &WatchState { covered, ..state.clone() })
        })?;
        if is_behind {
            warn!(model, %now, "the clock is behind the log, which has records of later windows; all runs are kept");
        } else {
            warn!(model, %now, "the clock is behind the ledger: windows that are not over yet will be checked again later");
        }
        Ok(())
    }

    /// Returns whether the model was checked for the first time while the clock was ahead: its first window is not over yet.
    fn is_started_ahead(&mut self, state: &WatchState) -> Result<bool> {
        let (model, now) = (self.settings.model.name.clone(), self.context.now);
        let is_ahead = self.settings.schedule.start.is_none() && state.first > self.newest.from;
        Ok(is_ahead && !self.ledger.view(|tx| tx.has_records_after(&model, now))?)
    }

    /// Returns what is due; `None` if the log or a first window cannot be read, in which case the failure is recorded.
    fn due(&mut self) -> Result<Option<Due>> {
        let (model, newest) = (self.settings.model.name.clone(), self.newest);
        let known = self.ledger.view(|tx| tx.watch_state(&model))?;
        let known = match known {
            Some(state) if self.is_started_ahead(&state)? => None,
            known => known,
        };
        let state = match known {
            Some(state) => state,
            None => match self.start_watching()? {
                Some(state) => state,
                None => return Ok(None),
            },
        };
        if !self.check_first_windows()? {
            return Ok(None);
        }
        let state = self.ledger.view(|tx| tx.watch_state(&model))?.unwrap_or(state);
        let due = due::due_from_ledger(self.ledger, self.settings, &state, newest, self.context.now)?;
        if let Some((gap, missed)) = due.gap {
            warn!(model, %gap, missed, "windows skipped: more than schedule.catch_up allows");
            self.record(gap, true, None, monitor::RunResult::Missed(missed))?;
        }
        if state.covered != due.covered {
            self.set_covered(due.covered)?;
        }
        crash::point("check.due");
        Ok(Some(due))
    }

    pub(super) fn set_covered(&mut self, covered: Instant) -> Result<()> {
        let model = self.settings.model.name.clone();
        self.ledger.write(|tx| match tx.watch_state(&model)? {
            Some(state) => tx.put_watch_state(&model, &WatchState { covered, ..state }),
            None => Ok(()),
        })
    }

    /// Moves `covered` past the windows that have been settled.
    fn update_covered(&mut self) -> Result<()> {
        let model = self.settings.model.name.clone();
        let Some(state) = self.ledger.view(|tx| tx.watch_state(&model))? else { return Ok(()) };
        let due = due::due_from_ledger(self.ledger, self.settings, &state, self.newest, self.context.now)?;
        if due.gap.is_none() && due.covered != state.covered {
            self.set_covered(due.covered)?;
        }
        crash::point("check.covered");
        Ok(())
    }

    /// Chooses where the first check of a model starts: `schedule.start`, else the oldest window within `catch_up` that has
    /// records.
    fn start_watching(&mut self) -> Result<Option<WatchState>> {
        let first = match self.settings.schedule.start {
            Some(start) => self.cadence.window_at(start).from,
            None => {
                let oldest = due::horizon(&self.cadence, self.newest, self.settings.schedule.catch_up);
                let windows = due::between(&self.cadence, oldest.from, self.newest);
                let Some(counts) = self.count_records(&windows)? else { return Ok(None) };
                let with_records = windows.iter().zip(counts).find(|(_, records)| *records > 0);
                with_records.map_or(self.newest.from, |(window, _)| window.from)
            }
        };
        let state = WatchState {
            first,
            covered: first,
            line: 0,
            reference_id: None,
            model_sha256: None,
            digest: None,
            versions: Vec::new(),
        };
        let model = self.settings.model.name.clone();
        self.warn_of_unknown_reports()?;
        self.ledger.write(|tx| tx.put_watch_state(&model, &state))?;
        info!(model, from = %first, "first check of this model");
        Ok(Some(state))
    }

    /// States that there are reports of windows that the ledger does not know: it has been lost, or is another one.
    fn warn_of_unknown_reports(&mut self) -> Result<()> {
        let model = self.settings.model.name.clone();
        let mut unknown = 0;
        for window in archive::reported_windows(&self.settings.reports, &model) {
            unknown += usize::from(self.ledger.view(|tx| tx.current(&model, window))?.is_none());
        }
        if unknown > 0 {
            warn!(
                model,
                unknown,
                "the reports folder has windows that the ledger does not know; if the state folder was lost, open alerts \
                 and unsent messages are lost with it, and `vigie status --rebuild` restores the runs and trends"
            );
        }
        Ok(())
    }

    /// Counts the records of each window; `None` if the log cannot be read, in which case the failure is recorded for the
    /// newest window.
    pub(super) fn count_records(&mut self, windows: &[Window]) -> Result<Option<Vec<u64>>> {
        match catch_panics(|| monitor::tally(self.settings, windows, self.context.scan)) {
            Ok(counts) => Ok(Some(counts)),
            Err(fault) => {
                error!(model = self.model(), "{fault}");
                self.summary.failed += 1;
                self.record(self.newest, true, None, monitor::RunResult::Failed(Test::Source, &fault))?;
                Ok(None)
            }
        }
    }

    fn catch_up(&mut self, due: &Due) -> Result<()> {
        if due.windows.is_empty() {
            return Ok(());
        }
        let Some(counts) = self.count_records(&due.windows)? else { return Ok(()) };
        crash::point("check.tallied");
        for (window, records) in due.windows.iter().zip(counts) {
            if self.is_stopping() {
                return Ok(());
            }
            self.check_window(*window, records)?;
        }
        Ok(())
    }

    /// Checks the latest windows again if their number of records has changed.
    fn recheck_late_records(&mut self, due: &Due) -> Result<()> {
        let mut window = self.newest;
        let mut windows = Vec::new();
        for _ in 0..self.settings.schedule.revise {
            windows.push(window);
            window = self.cadence.before(window);
        }
        windows.reverse();
        let (Some(first), false) = (windows.first(), self.is_stopping()) else { return Ok(()) };
        let range = Window { from: first.from, to: self.newest.to };
        let model = self.settings.model.name.clone();
        let runs = self.ledger.view(|tx| tx.runs_in(&model, range))?;
        let reported =
            runs.iter().filter(|run| run.status == RunStatus::Reported && !due.windows.contains(&run.window));
        let reported: Vec<(Window, Option<u64>)> =
            reported.filter(|run| windows.contains(&run.window)).map(|run| (run.window, run.records)).collect();
        let to_count: Vec<Window> = reported.iter().map(|(window, _)| *window).collect();
        if to_count.is_empty() {
            return Ok(());
        }
        // The log was readable a moment ago; if it is not any more, the next check reports it.
        let Ok(counts) = catch_panics(|| monitor::tally(self.settings, &to_count, self.context.scan)) else {
            return Ok(());
        };
        for ((window, before), records) in reported.into_iter().zip(counts) {
            if before != Some(records) && !self.is_stopping() {
                info!(model = self.model(), %window, before, records, "the number of records has changed");
                self.check_window(window, records)?;
            }
        }
        Ok(())
    }

    /// Deletes everything older than `reports.keep`, except the reports that an open alert refers to.
    fn apply_retention(&mut self) -> Result<()> {
        let model = self.settings.model.name.clone();
        // Measured from the newest records: a clock that is years ahead must not delete any report.
        let newest_record = self.ledger.view(|tx| tx.records_until(&model))?.unwrap_or(Instant(i64::MIN));
        let newest = self.context.now.min(newest_record);
        let before = Instant(newest.0.saturating_sub(self.settings.keep.microseconds()));
        let open = self.ledger.view(|tx| tx.live_alerts(Some(&model)))?;
        let since = open.iter().filter(|alert| alert.opened.is_some()).map(|alert| alert.since).min();
        let kept = |window: Window| since.is_some_and(|since| window.to > since);
        crash::point("retention.begun");
        match archive::remove_expired(&self.settings.reports, &model, before, kept) {
            Ok(removed) if removed > 0 => info!(model, removed, "removed reports older than reports.keep"),
            Ok(_) => {}
            Err(fault) => warn!(model, "{fault}"),
        }
        crash::point("retention.removed");
        self.ledger.write(|tx| {
            tx.forget_runs(&model, before, kept)?;
            tx.forget_label_checks(&model, before)?;
            tx.forget_label_verdicts(&model, before, Instant(i64::MAX))?;
            tx.forget_alerts(&model, before)?;
            tx.forget_messages(&model, before)
        })?;
        crash::point("retention.forgotten");
        Ok(())
    }

    /// Rewrites the index page.
    fn write_index(&mut self) {
        crash::point("index.before");
        let open = self.ledger.view(monitor::open_alerts).ok();
        if let Err(fault) = archive::write_index(&self.settings.reports, self.settings.language, open) {
            warn!(model = self.model(), "{fault}");
        }
        crash::point("index.written");
    }
}
