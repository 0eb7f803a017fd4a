//! The `run` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{
    decision::HighScore,
    window::{Instant, Window},
};

use super::registry_version::RegistryVersion;
use crate::report::{Report, words::Language};

/// Everything that may differ between two runs over the same rows, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSection {
    /// The part of `seconds` spent on attribution.
    pub attribution_seconds: Option<f64>,
    pub config_sha256: String,
    pub created_at: Instant,
    /// Later complete windows without records, merged into one; null if there are none or a window was requested.
    pub empty_later: Option<Window>,
    /// Number of log files read.
    pub files: usize,
    /// Model and window: `credit-default/20261001T000000Z_20261002T000000Z`.
    pub id: String,
    /// The version whose kept file was used because the registry could not be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_version: Option<String>,
    /// Whether that is because the registry refused the credentials, or they lack a permission. Missing if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub registry_denied: bool,
    pub model: ReportedModel,
    /// Files next to the log that were not read, in one sentence.
    pub passed_over: Option<String>,
    pub reference_id: String,
    /// 0 for the first report of a window; one more each time that the content changes.
    pub revision: u32,
    /// Wall time from opening the log to the verdict.
    pub seconds: f64,
    pub threads: usize,
    pub vigie_version: String,
}

/// The monitored model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedModel {
    /// The event that the score is the probability of. Missing in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Whether that event is bad or good for the lender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_score: Option<HighScore>,
    pub name: String,
    /// The version in MLflow's registry; missing unless the config names the model by an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<RegistryVersion>,
    /// Hash of the model file; null if the config names none.
    pub sha256: Option<String>,
    /// The event is predicted for scores of at least this, which are refused if a high score is bad, and accepted if it is good.
    pub threshold: f64,
    pub version: Option<String>,
}

impl RunSection {
    pub(super) fn new(report: &Report) -> Self {
        let run = &report.run;
        Self {
            attribution_seconds: run.attribution_seconds,
            config_sha256: run.config_sha256.clone(),
            created_at: run.created_at,
            // Depends on when the run took place, so it belongs to `run`.
            empty_later: report.examined.empty_later,
            files: run.files,
            id: report.id(),
            kept_version: run.kept_version.clone(),
            registry_denied: run.registry_denied,
            model: ReportedModel {
                event: Some(run.model.event.clone()),
                high_score: Some(run.model.high_score),
                name: run.model.name.clone(),
                registered: run.model.registered.clone(),
                sha256: run.model.sha256.clone(),
                threshold: run.model.threshold,
                version: run.model.version.clone(),
            },
            passed_over: run.skipped_files.as_ref().map(|skipped| Language::English.skipped_files(skipped)),
            reference_id: run.reference_id.clone(),
            revision: run.revision,
            seconds: run.seconds,
            threads: run.threads,
            vigie_version: run.vigie_version.clone(),
        }
    }
}

/// Returns the revision of a `report.json`, of which nothing else has to be known; `None` if the text is not a report.
#[must_use]
pub fn revision(text: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct RevisedRun {
        #[serde(default)]
        revision: u32,
    }
    #[derive(Deserialize)]
    struct RevisedReport {
        run: RevisedRun,
    }
    serde_json::from_str::<RevisedReport>(text).ok().map(|report| report.run.revision)
}
