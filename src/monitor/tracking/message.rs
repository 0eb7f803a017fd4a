//! What is logged about a window: composed once, when the run is recorded, and kept in the outbox until MLflow has it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vigie_profile::window::{Instant, Window};

use super::figures::{Figures, feature_figures, head_figures};
use crate::{
    config::Settings,
    fault::{Fault, Result},
    judge::Severity,
    ledger::NewMessage,
    report::{RegistryVersion, Report, ReportDocument, verdict_sentence},
};

/// The name of the outbox channel.
pub const TRACKING: &str = "mlflow";

/// Why messages wait if runs are no longer logged.
pub const NOT_TRACKED: &str = "mlflow.tracking is no longer set; set it to log what is queued";

/// Whether the runs of a model are logged.
#[must_use]
pub fn is_tracked(settings: &Settings) -> bool {
    settings.mlflow.as_ref().is_some_and(|mlflow| mlflow.tracking)
}

/// The experiment of a model.
pub(crate) fn experiment(model: &str) -> String {
    format!("vigie/{model}")
}

/// What is logged about a window. The report's files are read when it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrackedWindow {
    pub model: String,
    pub window: Window,
    /// Revision of the report.
    pub revision: u32,
    pub severity: Severity,
    /// The verdict in English.
    pub verdict: String,
    /// Number of the window since 1970; `None` if it is not one of the schedule's, which only the trend has.
    pub number: Option<i64>,
    /// Whether it is the newest window, which the tags of the model's version are about.
    pub is_newest: bool,
    /// Folder of the report below the reports folder.
    pub folder: String,
    /// The version in the registry.
    pub registered: Option<RegistryVersion>,
    pub params: BTreeMap<String, String>,
    /// The main figures.
    pub head: Figures,
    /// The figures of each feature.
    pub features: Figures,
}

impl TrackedWindow {
    fn new(settings: &Settings, report: &Report, is_newest: bool, now: Instant) -> Self {
        let (run, window) = (&report.run, report.examined.window);
        let document = ReportDocument::new(report);
        let cadence = settings.schedule.cadence();
        let registered = run.model.registered.clone();
        let version = registered.as_ref().map(|registered| registered.version.to_string());
        let params = [
            ("model_version", version.or_else(|| run.model.version.clone())),
            ("model_sha256", run.model.sha256.clone()),
            ("reference_id", Some(run.reference_id.clone())),
            ("config_sha256", Some(run.config_sha256.clone())),
        ];
        Self {
            model: run.model.name.clone(),
            window,
            revision: run.revision,
            severity: report.verdict.severity,
            verdict: verdict_sentence(report),
            number: (cadence.contains(window) && window.to <= now).then(|| cadence.number(window)),
            is_newest,
            folder: report.id(),
            registered,
            params: params.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect(),
            head: head_figures(&document),
            features: feature_figures(&document),
        }
    }

    /// Reads the payload of a message.
    pub(super) fn from_payload(payload: &[u8]) -> Result<Self> {
        serde_json::from_slice(payload)
            .map_err(|error| Fault::setup(format!("the stored message cannot be read ({error}); it is damaged")))
    }
}

/// The message that logs a run. It has the same id each time that the same report of a window is recorded, so it is queued
/// once.
pub(crate) fn tracking_message(
    settings: &Settings,
    report: &Report,
    is_newest: bool,
    now: Instant,
) -> Result<NewMessage> {
    let tracked = TrackedWindow::new(settings, report, is_newest, now);
    let payload = serde_json::to_vec(&tracked)
        .map_err(|error| Fault::setup(format!("the figures of the run cannot be written: {error}")))?;
    // Revisions start again at 0 if the report's folder was removed.
    let content = TrackedWindow { is_newest: false, number: None, ..tracked.clone() };
    let content = serde_json::to_vec(&content).unwrap_or_default();
    let digest = Sha256::digest(content).iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let TrackedWindow { model, window, revision, severity, .. } = &tracked;
    Ok(NewMessage {
        channel: TRACKING.to_owned(),
        message_id: format!("{model}/{}/r{revision}/{digest}", window.folder()),
        subject: format!("{model}: {severity} {window}"),
        to: vec![experiment(model)],
        payload,
        is_thread: false,
    })
}
