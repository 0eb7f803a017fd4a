//! Checking one window: examine, publish, record in the ledger.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
};

use tracing::{error, info, warn};
use vigie_profile::window::{Cadence, Instant, Window};

use crate::{
    archive,
    config::{RunRegistry, Settings},
    crash,
    fault::{Fault, PublicCause, Remedy, Result},
    judge::Test,
    ledger::{Ledger, RunRow, RunStatus},
    monitor::{self, Compose, RunAttempt, RunRecord, RunRequest, ScanOptions, record_run},
    report::{Language, Report},
};

/// What a check needs besides the settings and the ledger.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    pub now: Instant,
    pub scan: ScanOptions<'a>,
    pub compose: Compose<'a>,
    /// Set when the daemon is asked to stop: the current run is completed, no other is started.
    pub stop: &'a AtomicBool,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckSummary {
    /// Number of windows with a new report.
    pub reported: usize,
    /// Number of windows that failed and will be retried.
    pub failed: usize,
    pub events: usize,
    /// Whether more windows with new labels are left for the next check.
    pub more: bool,
}

/// The outcome of examining a window.
enum Examined {
    Reported(Box<Report>),
    /// The report is kept, because it was made with another reference or model file.
    OtherInputs,
    /// The report is kept for good: the registry does not have its version any more.
    VersionGone(Fault),
}

/// The state of one check of one model.
pub(super) struct ModelCheck<'a> {
    pub settings: &'a Settings,
    pub ledger: &'a mut Ledger,
    pub context: CheckContext<'a>,
    pub cadence: Cadence,
    pub newest: Window,
    /// Whether the registry did not reply: it is not asked again in this check.
    pub is_registry_away: bool,
    /// Fingerprint of the labels that this check uses.
    pub label_fingerprint: Option<String>,
    pub summary: CheckSummary,
}

impl ModelCheck<'_> {
    pub(super) fn model(&self) -> &str {
        &self.settings.model.name
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.context.stop.load(Ordering::Relaxed)
    }

    /// Examines a window, publishes the report and records the run. Returns whether the report is kept for good.
    pub(super) fn check_window(&mut self, window: Window, records: u64) -> Result<bool> {
        crash::point("window.begun");
        let request = RunRequest { window: Some(window), now: self.context.now };
        let model = self.settings.model.name.clone();
        let is_first = monitor::is_first_check(self.settings);
        let previous =
            self.ledger.view(|tx| tx.current(&model, window))?.filter(|run| run.status == RunStatus::Reported);
        let pinned = previous.as_ref().map(|run| self.recorded_version(run)).transpose()?.flatten();
        let is_pinned = pinned.is_some();
        let mut settings = self.settings.clone();
        settings.registry = RunRegistry { pinned, is_away: self.is_registry_away, ..RunRegistry::default() };
        let mut notes = Vec::new();
        let result = catch_panics(|| {
            let settings = match monitor::with_registry_values(&settings) {
                Err(fault) if is_pinned && fault.remedy() == Remedy::SkipWindow => {
                    return Ok(Examined::VersionGone(fault));
                }
                own => own?,
            };
            let examine = if previous.is_some() { monitor::examine_again } else { monitor::examine };
            let report = examine(&settings, request, self.context.scan)?;
            crash::point("window.examined");
            // Decisions made with a previous reference or model are not judged by the current ones.
            if previous.as_ref().is_some_and(|run| !has_same_inputs(run, &report)) {
                return Ok(Examined::OtherInputs);
            }
            if is_first {
                notes = monitor::first_check_notes(&settings, &report);
            }
            monitor::publish(&settings, report).map(|(report, _)| Examined::Reported(Box::new(report)))
        });
        crash::point("window.published");
        match &result {
            Ok(Examined::OtherInputs) => {
                info!(model, %window, "the existing report was made with another reference or model file and is kept");
            }
            Ok(Examined::VersionGone(fault)) => {
                warn!(model, %window, "the existing report is kept: {fault}");
                self.ledger.write(|tx| tx.note_records(&model, window, records))?;
                return Ok(true);
            }
            Ok(Examined::Reported(report)) => {
                self.is_registry_away |= report.run.kept_version.is_some() && !report.run.registry_denied;
                let record = self.record(window, true, Some(records), monitor::RunResult::Reported(report))?;
                self.summary.reported += 1;
                self.note_labels(report)?;
                self.log_report(report, &record);
                for note in notes {
                    warn!(model, "{note}");
                }
            }
            Err(fault) => {
                error!(model = self.model(), %window, "{fault}");
                self.summary.failed += 1;
                self.record(window, true, Some(records), monitor::RunResult::Failed(Test::RunFailed, fault))?;
            }
        }
        Ok(false)
    }

    /// The registered model and the version that a window was checked with, which it is checked with again.
    fn recorded_version(&mut self, run: &RunRow) -> Result<Option<(String, u64)>> {
        let model = self.settings.model.name.clone();
        let reported = || archive::reported_version(&self.settings.reports, &model, run.window);
        let mut recorded = run.registered.clone().or_else(reported);
        if recorded.is_none() {
            // Runs of earlier versions of vigie state neither: the version had the same files.
            let state = self.ledger.view(|tx| tx.watch_state(&model))?;
            let versions = state.map_or_else(Vec::new, |state| state.versions);
            let mut own = versions.into_iter().rev().filter(|served| {
                served.model_sha256 == run.model_sha256 && run.reference_id.as_ref() == Some(&served.reference_id)
            });
            recorded = own.next().map(|served| (served.name, served.version));
        }
        Ok(recorded.and_then(|(name, version)| Some((name, u64::try_from(version).ok()?))))
    }

    fn log_report(&self, report: &Report, record: &RunRecord) {
        let (model, window) = (self.model(), report.examined.window);
        let severity = report.verdict.severity.word();
        info!(model, %window, severity, rows = report.drift.n_window, revision = report.run.revision, "checked");
        if let Some(skipped) = &report.run.skipped_files {
            warn!(model, %window, "files {}", Language::English.skipped_files(skipped));
        }
        if let Some(note) = &record.note {
            warn!(model, %window, "{}", Language::English.note(note));
        }
    }

    /// Records the result of a window in the ledger.
    pub(super) fn record(
        &mut self,
        window: Window,
        scheduled: bool,
        records: Option<u64>,
        result: monitor::RunResult<'_>,
    ) -> Result<RunRecord> {
        let attempt = RunAttempt { settings: self.settings, window, scheduled, records, now: self.context.now };
        let record = record_run(self.ledger, &attempt, result, self.context.compose)?;
        self.summary.events += record.events.len();
        Ok(record)
    }
}

/// Turns a panic into a failed run, so that the daemon and its other models keep running.
pub(super) fn catch_panics<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| {
        let detail = panic_message(cause.as_ref());
        let fault = Fault::setup(format!("the run crashed ({detail}); this is a bug in vigie: please report it"));
        // A panic message may contain values that were read.
        Err(fault.with_public(PublicCause::Crashed))
    })
}

fn panic_message(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<&str>().copied().or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason given").to_owned()
}

/// Returns whether a run used the same reference and model file as this report.
fn has_same_inputs(run: &RunRow, report: &Report) -> bool {
    run.reference_id.as_ref() == Some(&report.run.reference_id) && run.model_sha256 == report.run.model.sha256
}
