//! Reads runs back from their reports, to rebuild a lost ledger.

use std::path::Path;

use vigie_profile::window::{Instant, Window};

use super::{
    publish::report_folder,
    read::{read_report, window_folders},
};
use crate::{
    judge::Severity,
    report::{ReportDocument, ReportedFeature},
};

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
    /// The registered model and its version; `None` without a registry.
    pub registered: Option<(String, i64)>,
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

/// Returns the registered model and the version that a window's report was made with; `None` if there is no such report, or
/// no registry.
#[must_use]
pub fn reported_version(reports: &Path, model: &str, window: Window) -> Option<(String, i64)> {
    let document = read_report(&report_folder(reports, model, window))?;
    document.run.model.registered.map(|own| (own.name, own.version))
}

/// Returns every run of a model, oldest window first, and the number of folders without a readable report.
#[must_use]
pub fn read_runs(reports: &Path, model: &str) -> (Vec<RecordedRun>, usize) {
    let mut runs = Vec::new();
    let mut unreadable = 0;
    for (window, folder) in window_folders(&reports.join(model)) {
        match read_report(&folder).map(|document| RecordedRun::from_document(document, model)) {
            Some(run) if run.window == window => runs.push(run),
            _ => unreadable += 1,
        }
    }
    runs.sort_by_key(|run| (run.window.from, run.window.to));
    (runs, unreadable)
}

impl RecordedRun {
    fn from_document(document: ReportDocument, model: &str) -> Self {
        let ReportDocument { run, window: examined, verdict, features, score, .. } = document;
        let window = examined.window();
        let named = features.iter().map(|feature| RecordedFeature::new(Some(feature.name.clone()), feature));
        let score = score.map(|score| RecordedFeature::new(None, &score));
        Self {
            model: model.to_owned(),
            window,
            revision: run.revision,
            created_at: run.created_at,
            records: examined.rows,
            rows_used: examined.rows_used,
            severity: verdict.severity,
            sentence: verdict.sentence,
            report: format!("{model}/{}/report.html", window.folder()),
            reference_id: run.reference_id,
            model_sha256: run.model.sha256,
            registered: run.model.registered.map(|own| (own.name, own.version)),
            features: named.chain(score).collect(),
        }
    }
}

impl RecordedFeature {
    fn new(name: Option<String>, feature: &ReportedFeature) -> Self {
        Self {
            name,
            severity: feature.severity,
            psi: feature.psi.value,
            ks: feature.ks.as_ref().map(|ks| ks.statistic),
            missing: feature.missing.window_share,
            q_value: feature.q_value,
        }
    }
}
