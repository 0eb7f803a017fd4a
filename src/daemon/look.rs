//! One look at one model: what is due is done, oldest first; what has changed is done again. Reads no clock.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
};

use tracing::{error, info, warn};
use vigie_profile::window::{Cadence, Instant, Window};

use super::{
    due::{self, Due},
    labels,
};
use crate::{
    archive,
    config::Settings,
    crash,
    fault::{Fault, Result},
    judge::Test,
    ledger::{Ended, Ledger, RunRow, Watched},
    monitor::{self, Asked, Compose, Looking, Settled, Tried, settle},
    report::Report,
};

/// What a look needs besides the settings and the ledger.
#[derive(Clone, Copy)]
pub struct Hands<'a> {
    pub now: Instant,
    pub looking: Looking<'a>,
    pub compose: Compose<'a>,
    /// Set when the daemon is to end: the run in flight is finished, no other is begun.
    pub stop: &'a AtomicBool,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Windows with a report.
    pub told: usize,
    /// Windows that will be tried again.
    pub failed: usize,
    pub events: usize,
    /// Whether more windows of the past wait for another look, as labels have come.
    pub more: bool,
}

/// Looks at a model. An error is the ledger's: nothing was lost, the next look does it all.
pub fn look(settings: &Settings, ledger: &mut Ledger, hands: Hands<'_>) -> Result<Looked> {
    let cadence = settings.schedule.cadence();
    let newest = cadence.latest_complete(hands.now, settings.schedule.lateness);
    let mut look = Look { settings, ledger, hands, cadence, newest, mark: None, done: Looked::default() };
    look.take_back()?;
    let heard = match look.due()? {
        Some(due) => look.windows(&due)?,
        None => false,
    };
    let has_told = look.done.told > 0 || heard;
    if has_told {
        look.tidy()?;
    }
    // The alert of a run that failed stands in the list too.
    if has_told || look.done.failed > 0 || look.done.events > 0 {
        look.list();
    }
    Ok(look.done)
}

pub(super) struct Look<'a> {
    pub settings: &'a Settings,
    pub ledger: &'a mut Ledger,
    pub hands: Hands<'a>,
    pub cadence: Cadence,
    pub newest: Window,
    /// As of which labels this look checks windows.
    pub mark: Option<String>,
    pub done: Looked,
}

impl Look<'_> {
    /// Every window that is to be looked at; says whether alerts heard what labels say.
    fn windows(&mut self, due: &Due) -> Result<bool> {
        // Before any window: labels that come meanwhile are seen by the next look.
        self.mark = labels::mark(self);
        self.catch_up(due)?;
        crash::point("look.caught_up");
        self.revise(due)?;
        self.settled()?;
        self.revise_labelled()?;
        self.hear_labels()
    }

    fn model(&self) -> &str {
        &self.settings.model.name
    }

    /// A clock that was ahead made runs of windows that are not over.
    fn take_back(&mut self) -> Result<()> {
        let (model, newest) = (self.settings.model.name.clone(), self.newest);
        let Some(watched) = self.ledger.view(|entry| entry.watched(&model))? else { return Ok(()) };
        let taken = self.ledger.view(|entry| entry.first_after(&model, newest.to))?;
        if watched.covered <= newest.to && taken.is_none() {
            return Ok(());
        }
        self.ledger.write(|entry| {
            let first = entry.take_back(&model, newest.to)?;
            let covered = watched.covered.min(newest.to).min(first.unwrap_or(newest.to));
            entry.put_watched(&model, &Watched { covered, ..watched.clone() })
        })?;
        warn!(model, "the clock is behind the ledger: windows that are not over yet are looked at again in their time");
        Ok(())
    }

    /// What is due; `None` when the log cannot be looked at, which is written down.
    fn due(&mut self) -> Result<Option<Due>> {
        let (model, newest) = (self.settings.model.name.clone(), self.newest);
        let watched = match self.ledger.view(|entry| entry.watched(&model))? {
            Some(watched) => watched,
            None => match self.first()? {
                Some(watched) => watched,
                None => return Ok(None),
            },
        };
        let due = due::of_ledger(self.ledger, self.settings, &watched, newest)?;
        if let Some((gap, missed)) = due.gap {
            warn!(model, %gap, missed, "too long ago to be caught up with");
            self.write(gap, true, None, monitor::RunResult::Missed(missed))?;
        }
        if watched.covered != due.covered {
            self.cover(due.covered)?;
        }
        crash::point("look.due");
        Ok(Some(due))
    }

    fn cover(&mut self, covered: Instant) -> Result<()> {
        let model = self.settings.model.name.clone();
        self.ledger.write(|entry| match entry.watched(&model)? {
            Some(watched) => entry.put_watched(&model, &Watched { covered, ..watched }),
            None => Ok(()),
        })
    }

    /// What was due and is settled now is not asked for again.
    fn settled(&mut self) -> Result<()> {
        let model = self.settings.model.name.clone();
        let Some(watched) = self.ledger.view(|entry| entry.watched(&model))? else { return Ok(()) };
        let due = due::of_ledger(self.ledger, self.settings, &watched, self.newest)?;
        if due.gap.is_none() && due.covered != watched.covered {
            self.cover(due.covered)?;
        }
        crash::point("look.covered");
        Ok(())
    }

    /// The first look of all: from `schedule.start`, else from the first of the last windows that holds a record.
    fn first(&mut self) -> Result<Option<Watched>> {
        let first = match self.settings.schedule.start {
            Some(start) => self.cadence.window_at(start).from,
            None => {
                let oldest = due::horizon(&self.cadence, self.newest, self.settings.schedule.catch_up);
                let windows = due::between(&self.cadence, oldest.from, self.newest);
                let Some(counts) = self.tally(&windows)? else { return Ok(None) };
                let held = windows.iter().zip(counts).find(|(_, records)| *records > 0);
                held.map_or(self.newest.from, |(window, _)| window.from)
            }
        };
        let watched = Watched { first, covered: first, line: 0, reference_id: None, model_sha256: None, digest: None };
        let model = self.settings.model.name.clone();
        self.ledger.write(|entry| entry.put_watched(&model, &watched))?;
        info!(model, from = %first, "watched for the first time");
        Ok(Some(watched))
    }

    /// Records of each window; `None` when the log cannot be looked at, which is written down for the newest window.
    fn tally(&mut self, windows: &[Window]) -> Result<Option<Vec<u64>>> {
        match guarded(|| monitor::tally(self.settings, windows, self.hands.looking)) {
            Ok(counts) => Ok(Some(counts)),
            Err(fault) => {
                error!(model = self.model(), "{fault}");
                self.done.failed += 1;
                self.write(self.newest, true, None, monitor::RunResult::Failed(Test::Source, &fault))?;
                Ok(None)
            }
        }
    }

    fn catch_up(&mut self, due: &Due) -> Result<()> {
        if due.windows.is_empty() {
            return Ok(());
        }
        let Some(counts) = self.tally(&due.windows)? else { return Ok(()) };
        crash::point("look.tallied");
        for (window, records) in due.windows.iter().zip(counts) {
            if self.hands.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.run(*window, records)?;
        }
        Ok(())
    }

    /// Late rows: the latest windows whose count of records has changed are looked at again.
    fn revise(&mut self, due: &Due) -> Result<()> {
        let mut window = self.newest;
        let mut windows = Vec::new();
        for _ in 0..self.settings.schedule.revise {
            windows.push(window);
            window = self.cadence.before(window);
        }
        windows.reverse();
        let (Some(first), false) = (windows.first(), self.hands.stop.load(Ordering::Relaxed)) else { return Ok(()) };
        let stretch = Window { from: first.from, to: self.newest.to };
        let model = self.settings.model.name.clone();
        let runs = self.ledger.view(|entry| entry.runs_in(&model, stretch))?;
        let told = runs.iter().filter(|run| run.ended == Ended::Told && !due.windows.contains(&run.window));
        let told: Vec<(Window, Option<u64>)> =
            told.filter(|run| windows.contains(&run.window)).map(|run| (run.window, run.records)).collect();
        let asked: Vec<Window> = told.iter().map(|(window, _)| *window).collect();
        if asked.is_empty() {
            return Ok(());
        }
        // The log was there a moment ago; if it is gone now, the next look says so.
        let Ok(counts) = guarded(|| monitor::tally(self.settings, &asked, self.hands.looking)) else { return Ok(()) };
        for ((window, before), records) in told.into_iter().zip(counts) {
            if before != Some(records) && !self.hands.stop.load(Ordering::Relaxed) {
                info!(model = self.model(), %window, before, records, "the count of records has changed");
                self.run(window, records)?;
            }
        }
        Ok(())
    }

    /// One window: looked at, published, written down.
    pub(super) fn run(&mut self, window: Window, records: u64) -> Result<()> {
        crash::point("window.begun");
        let asked = Asked { window: Some(window), now: self.hands.now };
        let model = self.settings.model.name.clone();
        let before = self.ledger.view(|entry| entry.current(&model, window))?.filter(|run| run.ended == Ended::Told);
        let outcome = guarded(|| {
            let report = monitor::examine(self.settings, asked, self.hands.looking)?;
            crash::point("window.examined");
            // What a former reference or model decided is not judged by the present ones.
            if before.as_ref().is_some_and(|before| !is_of(before, &report)) {
                return Ok(None);
            }
            monitor::publish(self.settings, report).map(|(report, _)| Some(report))
        });
        crash::point("window.published");
        match &outcome {
            Ok(None) => info!(model, %window, "it was told by another reference or model file: its report stays"),
            Ok(Some(report)) => {
                let settled = self.write(window, true, Some(records), monitor::RunResult::Told(report))?;
                self.done.told += 1;
                self.note_labels(report)?;
                self.say(report, &settled);
            }
            Err(fault) => {
                error!(model = self.model(), %window, "{fault}");
                self.done.failed += 1;
                self.write(window, true, Some(records), monitor::RunResult::Failed(Test::RunFailed, fault))?;
            }
        }
        Ok(())
    }

    fn say(&self, report: &Report, settled: &Settled) {
        let (model, window) = (self.model(), report.examined.window);
        let severity = report.verdict.severity.word();
        info!(model, %window, severity, rows = report.drift.n_window, revision = report.run.revision, "checked");
        if let Some(note) = &settled.note {
            warn!(model, %window, "{note}");
        }
    }

    fn write(
        &mut self,
        window: Window,
        scheduled: bool,
        records: Option<u64>,
        result: monitor::RunResult<'_>,
    ) -> Result<Settled> {
        let tried = Tried { settings: self.settings, window, scheduled, records, now: self.hands.now };
        let settled = settle(self.ledger, &tried, result, self.hands.compose)?;
        self.done.events += settled.events.len();
        Ok(settled)
    }

    /// What is too old goes, but for what an open alert speaks of.
    fn tidy(&mut self) -> Result<()> {
        let model = self.settings.model.name.clone();
        // Counted from the log's own time: a clock that is years ahead must not cost a single report.
        let held = self.ledger.view(|entry| entry.held_to(&model))?.unwrap_or(Instant(i64::MIN));
        let newest = self.hands.now.min(held);
        let before = Instant(newest.0.saturating_sub(self.settings.keep.microseconds()));
        let open = self.ledger.view(|entry| entry.live_alerts(Some(&model)))?;
        let since = open.iter().filter(|alert| alert.opened.is_some()).map(|alert| alert.since).min();
        let kept = |window: Window| since.is_some_and(|since| window.to > since);
        crash::point("retention.begun");
        match archive::retain(&self.settings.reports, &model, before, kept) {
            Ok(removed) if removed > 0 => info!(model, removed, "reports older than reports.keep were removed"),
            Ok(_) => {}
            Err(fault) => warn!(model, "{fault}"),
        }
        crash::point("retention.removed");
        self.ledger.write(|entry| {
            entry.forget_runs(&model, before, kept)?;
            entry.forget_label_looks(&model, before)?;
            entry.forget_by_labels(&model, before, Instant(i64::MAX))?;
            entry.forget_alerts(&model, before)?;
            entry.forget_letters(&model, before)
        })?;
        crash::point("retention.forgotten");
        Ok(())
    }

    /// Writes the index anew.
    fn list(&mut self) {
        crash::point("index.before");
        let open = self.ledger.view(monitor::open_alerts).ok();
        if let Err(fault) = archive::write_index(&self.settings.reports, self.settings.language, open) {
            warn!(model = self.model(), "{fault}");
        }
        crash::point("index.written");
    }
}

/// A check that panics is a run that failed; the daemon and its other models go on.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let told = |why: &str| format!("the run broke down{why}; this is a fault of vigie: please report it");
        // What a panic says may be made of what was read.
        Err(Fault::setup(told(&format!(" ({})", said(cause.as_ref())))).discreetly(told("")))
    })
}

fn said(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<&str>().copied().or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason given").to_owned()
}

/// Whether a run was made with the reference and the model file of this report.
fn is_of(run: &RunRow, report: &Report) -> bool {
    run.reference_id.as_ref() == Some(&report.run.reference_id) && run.model_sha256 == report.run.model.sha256
}
