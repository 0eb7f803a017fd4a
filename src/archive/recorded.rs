//! Reads runs back from their reports, to rebuild a lost ledger.

use std::{fs, path::Path};

use serde_json::Value;
use vigie_profile::window::{Instant, Window};

use crate::judge::Severity;

/// A run as recorded in its report.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    pub model: String,
    pub window: Window,
    pub revision: u32,
    pub created_at: Instant,
    pub records: u64,
    pub rows_used: u64,
    pub severity: Severity,
    /// The verdict in one English sentence.
    pub sentence: String,
    /// Path of the page, relative to the reports folder.
    pub report: String,
    pub reference_id: String,
    pub model_sha256: Option<String>,
    /// The score is last.
    pub features: Vec<RecordedFeature>,
}

/// Values of a feature in a report; the score has no name.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedFeature {
    pub name: Option<String>,
    pub severity: Severity,
    pub psi: Option<f64>,
    pub ks: Option<f64>,
    pub missing: Option<f64>,
    pub q_value: Option<f64>,
}

/// Returns every run of a model, oldest window first, and the number of folders without a readable report.
#[must_use]
pub fn read_runs(reports: &Path, model: &str) -> (Vec<RecordedRun>, usize) {
    let mut runs = Vec::new();
    let mut unreadable = 0;
    for entry in fs::read_dir(reports.join(model)).into_iter().flatten().flatten() {
        let Some(window) = entry.file_name().to_str().and_then(Window::from_folder) else { continue };
        let read = fs::read_to_string(entry.path().join("report.json")).ok();
        match read
            .and_then(|text| serde_json::from_str::<Value>(&text).ok())
            .and_then(|document| read_run(&document, model))
        {
            Some(run) if run.window == window => runs.push(run),
            _ => unreadable += 1,
        }
    }
    runs.sort_by_key(|run| (run.window.from, run.window.to));
    (runs, unreadable)
}

fn read_run(document: &Value, model: &str) -> Option<RecordedRun> {
    let (run, window, verdict) = (document.get("run")?, document.get("window")?, document.get("verdict")?);
    let at = |value: &Value| value.as_str()?.parse::<jiff::Timestamp>().ok().map(Instant::from);
    let window_of = Window::new(at(window.get("from")?)?, at(window.get("to")?)?)?;
    let mut features: Vec<RecordedFeature> =
        document.get("features")?.as_array()?.iter().filter_map(|value| read_feature(value, true)).collect();
    features.extend(document.get("score").and_then(|score| read_feature(score, false)));
    Some(RecordedRun {
        model: model.to_owned(),
        window: window_of,
        revision: u32::try_from(run.get("revision")?.as_u64()?).ok()?,
        created_at: at(run.get("created_at")?)?,
        records: window.get("rows")?.as_u64()?,
        rows_used: window.get("rows_used")?.as_u64()?,
        severity: Severity::parse(verdict.get("severity")?.as_str()?)?,
        sentence: verdict.get("sentence")?.as_str()?.to_owned(),
        report: format!("{model}/{}/report.html", window_of.folder()),
        reference_id: run.get("reference_id")?.as_str()?.to_owned(),
        model_sha256: run.get("model").and_then(|model| Some(model.get("sha256")?.as_str()?.to_owned())),
        features,
    })
}

fn read_feature(value: &Value, is_named: bool) -> Option<RecordedFeature> {
    let number = |path: &str| value.pointer(path).and_then(Value::as_f64);
    Some(RecordedFeature {
        name: if is_named { Some(value.get("name")?.as_str()?.to_owned()) } else { None },
        severity: Severity::parse(value.get("severity")?.as_str()?)?,
        psi: number("/psi/value"),
        ks: number("/ks/statistic"),
        missing: number("/missing/window_share"),
        q_value: number("/q_value"),
    })
}
