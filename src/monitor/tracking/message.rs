//! What is logged about a window: composed once, when the run is recorded, and kept in the outbox until MLflow has it.

use std::{collections::BTreeMap, path::PathBuf};

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
    /// The reports folder of the run. Another config with the same ledger, which may send the message, can have another one.
    /// `None` in messages of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<PathBuf>,
    /// Folder of the report below the reports folder.
    pub folder: String,
    /// The ledger's id. `None` in messages of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installation: Option<String>,
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
            reports: Some(settings.reports.clone()),
            folder: report.id(),
            installation: None,
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

/// What the ids of the messages about a window begin with.
pub(crate) fn id_prefix(model: &str, window: Window) -> String {
    format!("{model}/{}/", window.folder())
}

/// The id of a message whose content is `id`, after those of `earlier`, the newest first. If the newest one has this content,
/// it is the same message; an older one is not, because something else has been logged since.
pub(crate) fn next_id(id: &str, earlier: &[String]) -> String {
    let content = |id: &str| {
        let (of, digest) = id.rsplit_once('/').unwrap_or(("", id));
        (of.to_owned(), digest.split('+').next().map(ToOwned::to_owned))
    };
    match earlier.first() {
        Some(newest) if content(newest) == content(id) => newest.clone(),
        _ => {
            let mut ids = std::iter::once(id.to_owned()).chain((1..).map(|number: u32| format!("{id}+{number}")));
            ids.find(|id| !earlier.contains(id)).unwrap_or_else(|| id.to_owned())
        }
    }
}

/// The message that logs a run. Its id says what is logged; see [`next_id`]. `installation`: the ledger's id.
pub(crate) fn tracking_message(
    settings: &Settings,
    report: &Report,
    is_newest: bool,
    installation: &str,
    now: Instant,
) -> Result<NewMessage> {
    let tracked = TrackedWindow {
        installation: Some(installation.to_owned()),
        ..TrackedWindow::new(settings, report, is_newest, now)
    };
    let payload = serde_json::to_vec(&tracked)
        .map_err(|error| Fault::setup(format!("the figures of the run cannot be written: {error}")))?;
    // Revisions start again at 0 if the report's folder was removed.
    let content =
        TrackedWindow { is_newest: false, number: None, reports: None, installation: None, ..tracked.clone() };
    let content = serde_json::to_vec(&content).unwrap_or_default();
    let digest = Sha256::digest(content).iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let TrackedWindow { model, window, revision, severity, .. } = &tracked;
    Ok(NewMessage {
        channel: TRACKING.to_owned(),
        message_id: format!("{}r{revision}/{digest}", id_prefix(model, *window)),
        subject: format!("{model}: {severity} {window}"),
        to: vec![experiment(model)],
        payload,
        is_thread: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_logged_before_something_else_is_logged_again() {
        let next =
            |id: &str, earlier: &[&str]| next_id(id, &earlier.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        assert_eq!(next("m/w/r0/a", &[]), "m/w/r0/a");
        assert_eq!(next("m/w/r0/a", &["m/w/r0/a"]), "m/w/r0/a");
        assert_eq!(next("m/w/r0/b", &["m/w/r0/a"]), "m/w/r0/b");
        assert_eq!(next("m/w/r0/a", &["m/w/r0/b", "m/w/r0/a"]), "m/w/r0/a+1");
        assert_eq!(next("m/w/r0/a", &["m/w/r0/a+1", "m/w/r0/b", "m/w/r0/a"]), "m/w/r0/a+1");
        assert_eq!(next("m/w/r0/a", &["m/w/r0/b", "m/w/r0/a+1", "m/w/r0/a"]), "m/w/r0/a+2");
    }
}
