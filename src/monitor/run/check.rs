//! One run: a window of the log is counted, compared, judged and reported.

use std::{path::PathBuf, time::Instant as StdInstant};

use super::{
    attribution::measure_attribution,
    context::RunContext,
    history::PastCounts,
    judge::{Earlier, measure},
    performance::performance,
    predictions::predictions,
    report::{Measurements, build_report},
    request::{RunRequest, ScanOptions},
    rescore::{WindowReplay, replay_window},
    skew::{check_skew, keep_skew},
    stories::judge_with_stories,
};
use crate::{
    archive::{self, Published, ReportFiles},
    config::Settings,
    crash,
    fault::{Fault, Result},
    monitor::history::open_alerts::index,
    reference::join,
    report::{Context, Report, TrendPoint, to_html, to_json},
};

/// Number of earlier windows that a page shows next to its own.
const PAST: usize = 29;

/// A finished run, and where it was published.
#[derive(Debug)]
pub struct RunOutput {
    pub report: Report,
    pub published: Published,
    pub index: PathBuf,
}

/// Examines a window and publishes its report.
pub fn check(settings: &Settings, request: RunRequest, scan: ScanOptions<'_>) -> Result<RunOutput> {
    let (report, published) = publish(settings, examine(settings, request, scan)?)?;
    let index = index(settings)?;
    Ok(RunOutput { report, published, index })
}

/// Examines a window.
pub fn examine(settings: &Settings, request: RunRequest, scan: ScanOptions<'_>) -> Result<Report> {
    let started = StdInstant::now();
    examine_window(&RunContext::open(settings, scan)?, request, started)
}

/// Examines a window for a revision of its report, which keeps the comparison with the feature table: the table may have changed
/// since.
pub fn examine_again(settings: &Settings, request: RunRequest, scan: ScanOptions<'_>) -> Result<Report> {
    let started = StdInstant::now();
    let mut run = RunContext::open(settings, scan)?;
    if let Some(window) = request.window {
        keep_skew(&mut run, window);
    }
    examine_window(&run, request, started)
}

/// Examines a window with an open reference, model and log.
pub(crate) fn examine_window(run: &RunContext<'_>, request: RunRequest, started: StdInstant) -> Result<Report> {
    crash::point("window.opened");
    let mut data = run.count_window(request)?;
    crash::point("window.counted");
    let WindowReplay { replay, contributions, leaves, rows } = replay_window(run, &data)?;
    let scores = data.take_scores();
    // The two are independent, and neither keeps all cores busy by itself.
    let (performance, measured) = join(|| performance(run, &data, scores), || measure(run, &data));
    let performance = performance?;
    let predictions = predictions(run, &data)?;
    let past = PastCounts::open(run, data.window);
    let earlier = Earlier { repeats: past.repeats(&data), recent: past.recent(&data) };
    let (by_model, by_labels) = (replay.as_ref(), performance.as_ref());
    let measured = measured?.with_skew(check_skew(run, &rows));
    drop(rows);
    let judged = judge_with_stories(run, &data, measured, earlier, by_model, by_labels, predictions.as_ref())?;
    crash::point("window.weighed");
    let attribution = measure_attribution(run, &data, &judged, performance.as_ref(), contributions)?;
    let measurements = Measurements { replay, attribution, leaves, performance, predictions };
    let mut report = build_report(run, data, judged, measurements, request.now);
    report.run.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Writes a report's files. If the process is killed at any moment, either the previous files or the new ones remain.
pub fn publish(settings: &Settings, mut report: Report) -> Result<(Report, Published)> {
    let folder = archive::report_folder(&settings.reports, &settings.model.name, report.examined.window);
    report.run.revision = 0;
    let mut json = to_json(&report);
    let revision = archive::next_revision(&folder, &json);
    if revision > 0 {
        report.run.revision = revision;
        json = to_json(&report);
    }
    let context = Context {
        language: settings.language,
        past: archive::past_points(&settings.reports, &settings.model.name, report.examined.window, PAST),
        index: Some("../../index.html".to_owned()),
    };
    let html =
        to_html(&report, &context).map_err(|error| Fault::setup(format!("the page cannot be rendered: {error}")))?;
    crash::point("report.rendered");
    let files = ReportFiles { json: &json, html: &html, profile: Some(&report.profile) };
    let published = archive::publish(&folder, revision, files)?;
    archive::write_point(&folder, &TrendPoint::from_report(&report))?;
    Ok((report, published))
}
