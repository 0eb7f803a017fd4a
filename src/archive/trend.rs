//! Trend files: the trend point of a run next to its report, so that trends and the index need not parse reports.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use vigie_profile::window::Window;

use super::publish::{write_fault, write_temporary};
use crate::{
    fault::Result,
    judge::{Headline, Severity, Test},
    report::{FeaturePoint, Head, PerformancePoint, SegmentPoint, TrendPoint},
};

const NAME: &str = "trend.ndjson";
/// Upper bound for the head line; usual heads are below 1 KB.
const MAX_HEAD: u64 = 64 * 1024;

/// Writes the trend point of the report in this folder. Must run after the report is written, because a trend file older
/// than its report is ignored.
pub fn write_point(folder: &Path, point: &TrendPoint) -> Result<()> {
    let path = folder.join(NAME);
    write_temporary(folder, &point.to_text())?
        .persist(&path)
        .map_err(|error| write_fault("write", &path, &error.error))?;
    Ok(())
}

/// Returns the last `limit` runs of a model before `window`, oldest first. Only windows of the same length count; days may
/// differ by an hour for daylight saving time.
#[must_use]
pub fn past_points(reports: &Path, model: &str, window: Window, limit: usize) -> Vec<TrendPoint> {
    let length = |window: Window| window.to.0 - window.from.0;
    let (wanted, hour) = (length(window), 3_600_000_000);
    let tolerance = if wanted > 20 * hour { hour } else { 0 };
    let mut folders = window_folders(&reports.join(model));
    folders.retain(|(other, _)| other.from < window.from && (length(*other) - wanted).abs() <= tolerance);
    folders.sort_by_key(|(window, _)| window.from);
    let from = folders.len().saturating_sub(limit);
    folders.iter().skip(from).filter_map(|(_, folder)| read_point(folder)).collect()
}

/// Returns the folders of a model that are named like windows.
#[must_use]
pub fn window_folders(model: &Path) -> Vec<(Window, PathBuf)> {
    let Ok(entries) = fs::read_dir(model) else { return Vec::new() };
    let named = |path: PathBuf| Some((Window::from_folder(path.file_name()?.to_str()?)?, path));
    entries.flatten().map(|entry| entry.path()).filter_map(named).collect()
}

fn read_point(folder: &Path) -> Option<TrendPoint> {
    let stored = || TrendPoint::from_text(&fs::read_to_string(folder.join(NAME)).ok()?);
    if is_fresh(folder) { stored().or_else(|| point_from_report(folder)) } else { point_from_report(folder) }
}

/// Reads the head of the trend point in a folder. Returns `None` if there is no readable report.
pub(super) fn read_head(folder: &Path) -> Option<Head> {
    let stored = || {
        let mut line = String::new();
        BufReader::new(File::open(folder.join(NAME)).ok()?.take(MAX_HEAD)).read_line(&mut line).ok()?;
        Head::from_text(&line)
    };
    let rebuilt = || Some(point_from_report(folder)?.head);
    if is_fresh(folder) { stored().or_else(rebuilt) } else { rebuilt() }
}

/// Returns whether the trend file is at least as new as the report. A run that ends between writing the two leaves an
/// outdated trend file.
fn is_fresh(folder: &Path) -> bool {
    let at = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    match (at(NAME), at("report.json")) {
        (Some(point), Some(report)) => point >= report,
        _ => false,
    }
}

#[derive(Deserialize)]
struct ReportFields {
    run: RunFields,
    window: WindowFields,
    verdict: VerdictFields,
    #[serde(default)]
    features: Vec<FeatureFields>,
    score: Option<ScoreFields>,
    service: Option<ServiceFields>,
    latency: Option<LatencyFields>,
    performance: Option<serde_json::Value>,
    cost: Option<serde_json::Value>,
    segments: Option<SegmentsFields>,
}

#[derive(Deserialize)]
struct SegmentsFields {
    list: Vec<SegmentFields>,
}

#[derive(Deserialize)]
struct SegmentFields {
    name: String,
    refused_share: RefusedFields,
    disparity: Option<DisparityFields>,
}

#[derive(Deserialize)]
struct DisparityFields {
    ratio: f64,
}

#[derive(Deserialize)]
struct RunFields {
    model: ModelFields,
    #[serde(default)]
    revision: u32,
}

#[derive(Deserialize)]
struct ModelFields {
    name: String,
}

#[derive(Deserialize)]
struct WindowFields {
    #[serde(flatten)]
    window: Window,
    rows_used: u64,
}

#[derive(Deserialize)]
struct VerdictFields {
    severity: Severity,
    sentence: String,
    drifted_share: Option<f64>,
    #[serde(default)]
    findings: Vec<FindingFields>,
}

#[derive(Deserialize)]
struct FindingFields {
    feature: Option<String>,
    segment: Option<String>,
    /// May be unknown to this version.
    test: String,
    severity: Severity,
}

#[derive(Deserialize)]
struct FeatureFields {
    name: String,
    severity: Severity,
    psi: PsiFields,
}

#[derive(Deserialize)]
struct PsiFields {
    value: Option<f64>,
}

#[derive(Deserialize)]
struct ScoreFields {
    psi: PsiFields,
    refused_share: Option<RefusedFields>,
}

#[derive(Deserialize)]
struct RefusedFields {
    window: Option<f64>,
}

#[derive(Deserialize)]
struct ServiceFields {
    requests: u64,
    error_rate: Option<f64>,
}

#[derive(Deserialize)]
struct LatencyFields {
    p95: Option<f64>,
}

/// Builds the point from the report itself: slower, but always possible.
fn point_from_report(folder: &Path) -> Option<TrendPoint> {
    let document: ReportFields = serde_json::from_str(&fs::read_to_string(folder.join("report.json")).ok()?).ok()?;
    let ReportFields { run, window, verdict, features, score, service, latency, performance, cost, segments } =
        document;
    let mut severities = BTreeMap::new();
    let of_whole = |finding: &&FindingFields| finding.feature.is_none() && finding.segment.is_none();
    for finding in verdict.findings.iter().filter(of_whole) {
        let Some(test) = Test::parse(&finding.test) else { continue };
        let worst = severities.entry(test).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }
    let head = Head {
        model: run.model.name,
        window: window.window,
        revision: run.revision,
        severity: verdict.severity,
        headline: Headline::Stored { sentence: verdict.sentence, french: None },
        severities,
        rows: window.rows_used,
        requests: service.as_ref().map_or(0, |service| service.requests),
        findings: verdict.findings.len(),
        score_psi: score.as_ref().and_then(|score| score.psi.value),
        refused_share: score.and_then(|score| score.refused_share).and_then(|refused| refused.window),
        drifted_share: verdict.drifted_share,
        error_rate: service.and_then(|service| service.error_rate),
        latency_p95_ms: latency.and_then(|latency| latency.p95),
        performance: performance
            .zip(cost)
            .and_then(|(performance, cost)| PerformancePoint::from_sections(&performance, &cost)),
    };
    let features = features.into_iter().map(|feature| FeaturePoint(feature.name, feature.psi.value, feature.severity));
    let segments = segments
        .into_iter()
        .flat_map(|segments| segments.list)
        .map(|one| SegmentPoint(one.name, one.refused_share.window, one.disparity.map(|disparity| disparity.ratio)));
    Some(TrendPoint { head, features: features.collect(), segments: segments.collect() })
}
