//! The values of the latest report of a model, read from its `report.json`.

use std::{fs, path::Path};

use serde::Deserialize;
use vigie_profile::window::Window;

use crate::{
    archive,
    judge::{Measure, Severity},
};

#[derive(Debug, Deserialize)]
pub(super) struct Figures {
    pub run: RunFigures,
    pub window: WindowFigures,
    pub verdict: VerdictFigures,
    pub features: Vec<FeatureFigures>,
    pub score: Option<FeatureFigures>,
    pub latency: LatencyFigures,
    pub service: ServiceFigures,
}

#[derive(Debug, Deserialize)]
pub(super) struct RunFigures {
    pub created_at: vigie_profile::window::Instant,
    pub seconds: f64,
    pub vigie_version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WindowFigures {
    #[serde(flatten)]
    pub window: Window,
    pub rows: u64,
    pub rows_used: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct VerdictFigures {
    pub severity: Severity,
    pub findings: Vec<FindingFigures>,
    pub drifted_share: Option<f64>,
    pub weighted_drifted_share: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FindingFigures {
    pub severity: Severity,
}

#[derive(Debug, Deserialize)]
pub(super) struct FeatureFigures {
    pub name: String,
    pub severity: Severity,
    pub q_value: Option<f64>,
    pub psi: PsiFigures,
    pub ks: Option<KsFigures>,
    pub chi2: Option<Chi2Figures>,
    pub wasserstein: Option<WassersteinFigures>,
    pub jensen_shannon: Option<JensenShannonFigures>,
    pub missing: MissingFigures,
    pub unseen: Option<UnseenFigures>,
    pub summary: SummaryFigures,
    pub refused_share: Option<RefusedFigures>,
}

impl FeatureFigures {
    /// Returns the value of a measure: a distance, or the share of rows in the window.
    pub(super) fn value(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Psi => self.psi.value,
            Measure::Ks => self.ks.as_ref().map(|ks| ks.statistic),
            Measure::Chi2 => self.chi2.as_ref().map(|chi2| chi2.cramers_v),
            Measure::Wasserstein => self.wasserstein.as_ref().and_then(|distance| distance.normalised),
            Measure::JensenShannon => self.jensen_shannon.as_ref().and_then(|distance| distance.value),
            Measure::Missing => self.missing.window_share,
            Measure::Unseen => self.unseen.as_ref().and_then(|unseen| unseen.share),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PsiFigures {
    pub value: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct KsFigures {
    pub statistic: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chi2Figures {
    pub cramers_v: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct WassersteinFigures {
    pub normalised: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct JensenShannonFigures {
    pub value: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UnseenFigures {
    pub share: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MissingFigures {
    pub window_share: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SummaryFigures {
    pub window: SideFigures,
}

#[derive(Debug, Deserialize)]
pub(super) struct SideFigures {
    #[serde(default)]
    pub mean: Option<f64>,
    #[serde(default)]
    pub std: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RefusedFigures {
    pub reference: Option<f64>,
    pub window: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LatencyFigures {
    pub n: u64,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub mean: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ServiceFigures {
    pub requests: u64,
    pub errors: u64,
}

/// Reads the report of the window that ends last. Returns `None` if the model has no readable report.
pub(super) fn latest(reports: &Path, model: &str) -> Option<Figures> {
    let (_, folder) =
        archive::window_folders(&reports.join(model)).into_iter().max_by_key(|(window, _)| (window.to, window.from))?;
    serde_json::from_slice(&fs::read(folder.join("report.json")).ok()?).ok()
}
