//! `vigie check --each`: checks a range of time window by window, with a summary of all verdicts.

use std::{path::PathBuf, time::Instant as StdInstant};

use vigie_profile::window::{Instant, Span, Window};

use super::split::split;
use crate::{
    archive,
    config::Settings,
    fault::{Fault, Result},
    judge::Severity,
    monitor::{
        history::open_alerts::index,
        run::{RunRequest, ScanOptions, check::publish, context::RunContext, examine_window},
    },
    report::{ReplaySummary, ReplayedWindow, Report, to_summary_html, to_summary_json},
};

/// A range of time and the length of its windows.
#[derive(Debug, Clone, Copy)]
pub struct RangeRequest {
    pub range: Window,
    pub each: Span,
    pub now: Instant,
}

/// A checked range.
#[derive(Debug)]
pub struct RangeOutput {
    pub summary: ReplaySummary,
    pub html: PathBuf,
}

/// Checks each window of a range, oldest first, so that each can be compared with those before it, and publishes its report.
/// `checked` is called with each report.
pub fn check_range(
    settings: &Settings,
    request: &RangeRequest,
    scan: ScanOptions<'_>,
    checked: &mut dyn FnMut(&Report),
) -> Result<RangeOutput> {
    let run = RunContext::open(settings, scan)?;
    let mut windows = Vec::new();
    for window in split(request.range, request.each, &settings.schedule.zone)? {
        let own = RunRequest { window: Some(window), now: request.now };
        let (report, _) = publish(settings, examine_window(&run, own, StdInstant::now())?)?;
        // The rows scored again are a part of each report, but not of this summary.
        windows.push(ReplayedWindow { parity: None, changed: None, ..ReplayedWindow::from_report(&report) });
        checked(&report);
    }
    let each = request.each.to_string();
    let summary = ReplaySummary {
        model: settings.model.name.clone(),
        version: settings.model.version.clone(),
        is_replay: false,
        file: None,
        sha256: None,
        range: request.range,
        each: each.clone(),
        created_at: request.now,
        config_sha256: settings.sha256.clone(),
        reference_id: run.reference.id().to_owned(),
        threshold: settings.model.threshold,
        severity: windows.iter().map(|window| window.severity).max().unwrap_or(Severity::NoData),
        parity: None,
        challenger: None,
        windows,
    };
    let html = to_summary_html(&summary, settings.language)
        .map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
    let folder = archive::replay_folder(&settings.reports, &settings.model.name, request.range, Some(&each));
    let published = archive::publish_summary(&folder, &to_summary_json(&summary), &html)?;
    index(settings)?;
    Ok(RangeOutput { summary, html: published.html })
}
