//! Reads back what reports say, for a ledger that was lost.

use std::{fs, path::Path};

use serde_json::Value;
use vigie_profile::window::{Instant, Window};

use crate::judge::Severity;

/// A report's own account of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    pub model: String,
    pub window: Window,
    pub revision: u32,
    pub created_at: Instant,
    pub records: u64,
    pub rows_used: u64,
    pub severity: Severity,
    pub sentence: String,
    /// The page below the reports folder.
    pub report: String,
    pub reference_id: String,
    pub model_sha256: Option<String>,
    /// The score comes last, as `None`.
    pub features: Vec<RecalledFeature>,
}

/// A feature's numbers in a report.
#[derive(Debug, Clone, PartialEq)]
pub struct RecalledFeature {
    pub name: Option<String>,
    pub severity: Severity,
    pub psi: Option<f64>,
    pub ks: Option<f64>,
    pub missing: Option<f64>,
    pub q_value: Option<f64>,
}

/// Every report of a model, oldest window first, and how many folders hold none that can be read.
#[must_use]
pub fn recall(reports: &Path, model: &str) -> (Vec<Recalled>, usize) {
    let mut found = Vec::new();
    let mut unreadable = 0;
    for entry in fs::read_dir(reports.join(model)).into_iter().flatten().flatten() {
        let Some(window) = entry.file_name().to_str().and_then(Window::of_folder) else { continue };
        let read = fs::read_to_string(entry.path().join("report.json")).ok();
        match read.and_then(|text| serde_json::from_str::<Value>(&text).ok()).and_then(|document| one(&document, model))
        {
            Some(recalled) if recalled.window == window => found.push(recalled),
            _ => unreadable += 1,
        }
    }
    found.sort_by_key(|recalled| (recalled.window.from, recalled.window.to));
    (found, unreadable)
}

fn one(document: &Value, model: &str) -> Option<Recalled> {
    let (run, window, verdict) = (document.get("run")?, document.get("window")?, document.get("verdict")?);
    let at = |value: &Value| value.as_str()?.parse::<jiff::Timestamp>().ok().map(Instant::from);
    let window_of = Window::new(at(window.get("from")?)?, at(window.get("to")?)?)?;
    let mut features: Vec<RecalledFeature> =
        document.get("features")?.as_array()?.iter().filter_map(|value| feature(value, true)).collect();
    features.extend(document.get("score").and_then(|score| feature(score, false)));
    Some(Recalled {
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

fn feature(value: &Value, is_named: bool) -> Option<RecalledFeature> {
    let number = |path: &str| value.pointer(path).and_then(Value::as_f64);
    Some(RecalledFeature {
        name: if is_named { Some(value.get("name")?.as_str()?.to_owned()) } else { None },
        severity: Severity::parse(value.get("severity")?.as_str()?)?,
        psi: number("/psi/value"),
        ks: number("/ks/statistic"),
        missing: number("/missing/window_share"),
        q_value: number("/q_value"),
    })
}
