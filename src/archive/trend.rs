//! A run's point beside its report: what trends and the index read instead of the report itself.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use vigie_profile::window::Window;

use super::publish::{cannot, written};
use crate::{
    fault::Result,
    judge::{Severity, Test},
    report::{Feature, Head, Performed, Point, SegmentPoint},
};

const NAME: &str = "trend.ndjson";
/// A head is under a kilobyte but for the sentence's names; nothing longer is one.
const LONGEST_HEAD: u64 = 64 * 1024;

/// Writes the point of the report in this folder, after the report: one that is older is not believed.
pub fn note(folder: &Path, point: &Point) -> Result<()> {
    let place = folder.join(NAME);
    written(folder, &point.to_text())?.persist(&place).map_err(|error| cannot("write", &place, &error.error))?;
    Ok(())
}

/// The runs of a model just before `window`, oldest first, at most `most`: windows as long as this one, an hour of summer
/// time more or less.
#[must_use]
pub fn past(reports: &Path, model: &str, window: Window, most: usize) -> Vec<Point> {
    let length = |window: Window| window.to.0 - window.from.0;
    let (wanted, hour) = (length(window), 3_600_000_000);
    let tolerance = if wanted > 20 * hour { hour } else { 0 };
    let mut folders = windows(&reports.join(model));
    folders.retain(|(other, _)| other.from < window.from && (length(*other) - wanted).abs() <= tolerance);
    folders.sort_by_key(|(window, _)| window.from);
    let from = folders.len().saturating_sub(most);
    folders.iter().skip(from).filter_map(|(_, folder)| point(folder)).collect()
}

/// The folders of a model that are named like windows.
#[must_use]
pub fn windows(model: &Path) -> Vec<(Window, PathBuf)> {
    let Ok(entries) = fs::read_dir(model) else { return Vec::new() };
    let named = |path: PathBuf| Some((Window::of_folder(path.file_name()?.to_str()?)?, path));
    entries.flatten().map(|entry| entry.path()).filter_map(named).collect()
}

fn point(folder: &Path) -> Option<Point> {
    let noted = || Point::from_text(&fs::read_to_string(folder.join(NAME)).ok()?);
    if is_fresh(folder) { noted().or_else(|| told(folder)) } else { told(folder) }
}

/// The head of the report in a folder. `None`: no report, or none that can be read; the folder speaks for itself.
pub(super) fn head(folder: &Path) -> Option<Head> {
    let noted = || {
        let mut line = String::new();
        BufReader::new(File::open(folder.join(NAME)).ok()?.take(LONGEST_HEAD)).read_line(&mut line).ok()?;
        Head::from_text(&line)
    };
    if is_fresh(folder) { noted().or_else(|| Some(told(folder)?.head)) } else { Some(told(folder)?.head) }
}

/// A run that ended between its report and its point leaves a point that is older than the report.
fn is_fresh(folder: &Path) -> bool {
    let at = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    match (at(NAME), at("report.json")) {
        (Some(point), Some(report)) => point >= report,
        _ => false,
    }
}

#[derive(Deserialize)]
struct Document {
    run: Run,
    window: Span,
    verdict: Verdict,
    #[serde(default)]
    features: Vec<Measured>,
    score: Option<Score>,
    service: Option<Service>,
    latency: Option<Latency>,
    performance: Option<serde_json::Value>,
    cost: Option<serde_json::Value>,
    segments: Option<Segments>,
}

#[derive(Deserialize)]
struct Segments {
    list: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    name: String,
    refused_share: Refused,
    disparity: Option<Disparity>,
}

#[derive(Deserialize)]
struct Disparity {
    ratio: f64,
}

#[derive(Deserialize)]
struct Run {
    model: Model,
    #[serde(default)]
    revision: u32,
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct Span {
    #[serde(flatten)]
    window: Window,
    rows_used: u64,
}

#[derive(Deserialize)]
struct Verdict {
    severity: Severity,
    sentence: String,
    drifted_share: Option<f64>,
    #[serde(default)]
    findings: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    feature: Option<String>,
    /// A word that this version may not know.
    test: String,
    severity: Severity,
}

#[derive(Deserialize)]
struct Measured {
    name: String,
    severity: Severity,
    psi: Psi,
}

#[derive(Deserialize)]
struct Psi {
    value: Option<f64>,
}

#[derive(Deserialize)]
struct Score {
    psi: Psi,
    refused_share: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    window: Option<f64>,
}

#[derive(Deserialize)]
struct Service {
    requests: u64,
    error_rate: Option<f64>,
}

#[derive(Deserialize)]
struct Latency {
    p95: Option<f64>,
}

/// The point as the report itself tells it: slower, and always there.
fn told(folder: &Path) -> Option<Point> {
    let document: Document = serde_json::from_str(&fs::read_to_string(folder.join("report.json")).ok()?).ok()?;
    let Document { run, window, verdict, features, score, service, latency, performance, cost, segments } = document;
    let mut own = BTreeMap::new();
    for found in verdict.findings.iter().filter(|found| found.feature.is_none()) {
        let Some(test) = Test::parse(&found.test) else { continue };
        let worst = own.entry(test).or_insert(found.severity);
        *worst = found.severity.max(*worst);
    }
    let head = Head {
        model: run.model.name,
        window: window.window,
        revision: run.revision,
        severity: verdict.severity,
        sentence: verdict.sentence,
        french: None,
        own,
        rows: window.rows_used,
        requests: service.as_ref().map_or(0, |service| service.requests),
        findings: verdict.findings.len(),
        score_psi: score.as_ref().and_then(|score| score.psi.value),
        refused_share: score.and_then(|score| score.refused_share).and_then(|refused| refused.window),
        drifted_share: verdict.drifted_share,
        error_rate: service.and_then(|service| service.error_rate),
        latency_p95_ms: latency.and_then(|latency| latency.p95),
        performed: performance.zip(cost).and_then(|(performance, cost)| Performed::of_sections(&performance, &cost)),
    };
    let features = features.into_iter().map(|feature| Feature(feature.name, feature.psi.value, feature.severity));
    let segments = segments
        .into_iter()
        .flat_map(|segments| segments.list)
        .map(|one| SegmentPoint(one.name, one.refused_share.window, one.disparity.map(|disparity| disparity.ratio)));
    Some(Point { head, features: features.collect(), segments: segments.collect() })
}
