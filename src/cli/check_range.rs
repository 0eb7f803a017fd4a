//! `vigie check --each`: a range, window by window.

use std::{fmt::Write as _, time::Duration};

use vigie_profile::{shown::harmless, window::Instant};

use super::{
    args::OutputFormat,
    print::{print, print_error},
};
use crate::{
    config::Settings,
    daemon,
    fault::{Fault, Result},
    judge::Severity,
    ledger::Ledger,
    monitor::{self, RangeOutput, RangeRequest, RunAttempt, ScanOptions, check_range},
    report::{Language, Report, to_summary_json},
};

/// A checked range, and why not all of its runs were recorded.
pub(super) struct CheckedRange {
    checked: RangeOutput,
    unrecorded: Option<Fault>,
}

pub(super) fn run(settings: &Settings, request: RangeRequest, scan: ScanOptions<'_>) -> Result<CheckedRange> {
    let mut unrecorded: Option<Fault> = None;
    let checked = check_range(settings, &request, scan, &mut |report| {
        // A ledger that cannot be written once would be waited for again and again.
        if unrecorded.is_none() {
            unrecorded = record(settings, report, request.now).err();
        }
    })?;
    if unrecorded.is_none() && monitor::is_tracked(settings) {
        let tracked = Ledger::open(&settings.state, Duration::from_secs(5))
            .and_then(|mut ledger| daemon::track_now(&mut ledger, settings));
        if let Err(fault) = tracked {
            print_error(&format!("note: {fault}"));
        }
    }
    Ok(CheckedRange { checked, unrecorded })
}

impl CheckedRange {
    pub(super) fn severity(&self) -> Severity {
        self.checked.summary.severity
    }

    pub(super) fn print(&self, format: OutputFormat) {
        print(&match format {
            OutputFormat::Json => to_summary_json(&self.checked.summary),
            OutputFormat::Text => table(&self.checked),
        });
        if let Some(fault) = &self.unrecorded {
            print_error(&format!("note: the reports were written but not all recorded in the ledger: {fault}"));
        }
    }
}

/// Records a run without any effect on alerts: a year of history must not send a year of messages.
fn record(settings: &Settings, report: &Report, now: Instant) -> Result<()> {
    let mut ledger = Ledger::open(&settings.state, Duration::from_secs(5))?;
    let window = report.examined.window;
    // A window of the schedule stays one if it has been judged already.
    let known = ledger.view(|entry| entry.current(&settings.model.name, window))?;
    let scheduled = known.is_some_and(|run| run.scheduled);
    let attempt = RunAttempt { settings, window, scheduled, records: None, now };
    monitor::record_run(&mut ledger, &attempt, monitor::RunResult::Reported(report), &|_, _| Ok(Vec::new()))?;
    Ok(())
}

fn table(checked: &RangeOutput) -> String {
    let summary = &checked.summary;
    let mut text = String::new();
    let _ = writeln!(text, "{}  {} to {}, each {}", summary.model, summary.range.from, summary.range.to, summary.each);
    let _ = writeln!(text, "{}", summary.sentence());
    let _ = writeln!(text, "\n{:<20} {:<8} {:>8}", "window from", "verdict", "rows");
    for window in &summary.windows {
        let sentence = Language::English.headline(&window.headline).unwrap_or_default();
        let (from, severity) = (window.window.from.to_string(), window.severity.word());
        let _ = writeln!(text, "{from:<20} {severity:<8} {:>8}  {}", window.rows, harmless(&sentence));
    }
    let _ = writeln!(text, "\nsummary: {}", checked.html.display());
    text
}
