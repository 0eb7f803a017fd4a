//! Keys of the config file, with defaults and documentation.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{segment::SegmentSpec, window::Span};

use super::{Alerts, Http};
use crate::{judge::Policy, report::Language, source};

/// The whole config file: the single source of the JSON schema, the known keys and their types.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The model to monitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelOptions>,
    /// Reference file, created by `vigie learn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// Where the prediction log is, and the names of its fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<source::SourceOptions>,
    /// Labels: the actual outcomes of the predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<source::LabelOptions>,
    /// Groups of rows to monitor separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<SegmentOptions>,
    /// When to check, and the length of a window.
    #[serde(default)]
    pub schedule: ScheduleOptions,
    /// Limits for watch and alarm, and the evidence they require.
    #[serde(default)]
    pub policy: Policy,
    /// Several models, instead of `model`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<WatchedModel>,
    /// Where reports are written.
    #[serde(default)]
    pub reports: Reports,
    /// Folder for the daemon's state.
    #[serde(default = "state")]
    pub state: PathBuf,
    /// Resources of a run.
    #[serde(default)]
    pub run: RunOptions,
    /// Who is notified, and when.
    #[serde(default)]
    pub alerts: Alerts,
    /// Reports, metrics and health over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
}

/// One entry of `models:`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedModel {
    /// The model to monitor.
    pub model: ModelOptions,
    /// Reference file, created by `vigie learn`.
    pub reference: PathBuf,
    /// Where the prediction log is, and the names of its fields.
    pub source: source::SourceOptions,
    /// Labels: the actual outcomes of the predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<source::LabelOptions>,
    /// Groups of rows to monitor separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<SegmentOptions>,
    /// When to check, and the length of a window.
    #[serde(default)]
    pub schedule: ScheduleOptions,
    /// Limits for this model.
    #[serde(default)]
    pub policy: Policy,
}

/// The `model:` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelOptions {
    /// Name of the model and of its report folder.
    pub name: String,
    /// Expected model version. Rows from other versions are counted and can be a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Model file, required for replay, explain and attribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Applicants are refused at this probability or above.
    #[serde(default = "threshold")]
    pub threshold: f64,
    /// Cost of a wrong decision.
    #[serde(default)]
    pub cost: Cost,
    /// F-beta weight: how many times as much recall counts as precision.
    #[serde(default = "beta")]
    pub beta: f64,
    /// The word that the application passes to the model in place of a missing level. Default: a usual one that the model
    /// knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_level: Option<MissingLevel>,
}

/// One word for all categorical features, or one per feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MissingLevel {
    Word(String),
    ByFeature(BTreeMap<String, String>),
}

impl MissingLevel {
    /// The word for this feature.
    #[must_use]
    pub fn word(&self, feature: &str) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::ByFeature(words) => words.get(feature).map(String::as_str),
        }
    }
}

/// Cost of a wrong decision, in any unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cost {
    /// Accepted but should have been refused.
    pub false_negative: f64,
    /// Refused but should have been accepted.
    pub false_positive: f64,
}

impl Default for Cost {
    fn default() -> Self {
        Self { false_negative: 10.0, false_positive: 1.0 }
    }
}

/// The `segments:` section: groups of rows to monitor separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentOptions {
    /// Categorical features; each level is a segment, up to 20 per feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Filter expressions by segment name: `CODE_GENDER == "F" and AMT_CREDIT > 500000`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filters: BTreeMap<String, String>,
    /// Segments with fewer rows are not judged.
    #[serde(default = "segment_rows")]
    pub min_rows: u64,
}

impl SegmentOptions {
    /// The definitions, without `min_rows`.
    #[must_use]
    pub fn definitions(&self) -> SegmentSpec {
        SegmentSpec { by: self.by.clone(), filters: self.filters.clone() }
    }
}

/// The `schedule:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleOptions {
    /// When the daemon checks: second, minute, hour, day of month, month, day of week.
    pub cron: String,
    /// Time zone of `cron`, of windows in days and of dates on the command line.
    pub timezone: String,
    /// Length of a window.
    pub window: Span,
    /// How long to wait for late records after the end of a window.
    pub lateness: Span,
    /// First window of the daemon, a date or time. Default: the first of the last `catch_up` windows that has a
    /// record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// How many missed windows to check after downtime; earlier ones are reported as a gap.
    pub catch_up: u32,
    /// Number of recent windows that are checked again if their row count changes.
    pub revise: u32,
}

impl Default for ScheduleOptions {
    fn default() -> Self {
        Self {
            cron: "0 15 6 * * *".to_owned(),
            timezone: "UTC".to_owned(),
            window: Span::from_days(1),
            lateness: Span::from_hours(2),
            start: None,
            catch_up: 31,
            revise: 3,
        }
    }
}

/// The `reports:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reports {
    /// Folder for reports.
    pub dir: PathBuf,
    /// Older reports are deleted.
    pub keep: Span,
    /// Language of reports and messages: en or fr.
    pub language: Language,
    /// URL of the folder, for links in messages: `https://vigie.example.com/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
}

impl Default for Reports {
    fn default() -> Self {
        Self { dir: "reports".into(), keep: Span::from_days(400), language: Language::English, base_url: None }
    }
}

/// The `run:` section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunOptions {
    /// Number of threads the daemon reads the log with. Default: half the cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u16>,
}

fn segment_rows() -> u64 {
    200
}

fn state() -> PathBuf {
    "state".into()
}

fn threshold() -> f64 {
    0.5
}

fn beta() -> f64 {
    1.0
}
