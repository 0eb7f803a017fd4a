//! The figures of a model's latest report, read back from its report.json.

use std::{fs, path::Path};

use serde::Deserialize;
use vigie_profile::window::Window;

use crate::{archive, judge::Severity};

#[derive(Debug, Deserialize)]
pub(super) struct Figures {
    pub run: Run,
    pub window: Examined,
    pub verdict: Verdict,
    pub features: Vec<Measured>,
    pub score: Option<Measured>,
    pub latency: Latency,
    pub service: Service,
}

#[derive(Debug, Deserialize)]
pub(super) struct Run {
    pub created_at: vigie_profile::window::Instant,
    pub seconds: f64,
    pub vigie_version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Examined {
    #[serde(flatten)]
    pub window: Window,
    pub rows: u64,
    pub rows_used: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Verdict {
    pub severity: Severity,
    pub findings: Vec<Found>,
    pub drifted_share: Option<f64>,
    pub weighted_drifted_share: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub severity: Severity,
}

#[derive(Debug, Deserialize)]
pub(super) struct Measured {
    pub name: String,
    pub severity: Severity,
    pub q_value: Option<f64>,
    pub psi: Psi,
    pub ks: Option<Ks>,
    pub chi2: Option<Chi2>,
    pub missing: Missing,
    pub summary: Summary,
    pub refused_share: Option<Refused>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Psi {
    pub value: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ks {
    pub statistic: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chi2 {
    pub cramers_v: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Missing {
    pub window_share: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    pub window: Side,
}

#[derive(Debug, Deserialize)]
pub(super) struct Side {
    #[serde(default)]
    pub mean: Option<f64>,
    #[serde(default)]
    pub std: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refused {
    pub reference: Option<f64>,
    pub window: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Latency {
    pub n: u64,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub mean: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Service {
    pub requests: u64,
    pub errors: u64,
}

/// Of the window that ends last. `None`: the model has no report that can be read.
pub(super) fn latest(reports: &Path, model: &str) -> Option<Figures> {
    let (_, folder) =
        archive::windows(&reports.join(model)).into_iter().max_by_key(|(window, _)| (window.to, window.from))?;
    serde_json::from_slice(&fs::read(folder.join("report.json")).ok()?).ok()
}
