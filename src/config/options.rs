//! What the config file says, key by key, before anything is made of it.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{segment::Chosen, window::Span};

use super::{Alerts, Http};
use crate::{judge::Policy, report::Language, source};

/// The whole file. The JSON schema, the known keys and their types all come from here.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The model that is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// The reference file, made by `vigie learn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// Where the prediction log is, and what its fields are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<source::Options>,
    /// How the logged loans, or whatever is predicted, turned out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<source::LabelOptions>,
    /// Rows that are looked at apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<SegmentOptions>,
    /// When to look, and at how much.
    #[serde(default)]
    pub schedule: ScheduleOptions,
    /// Limits: what is worth a watch, what an alarm, on which evidence.
    #[serde(default)]
    pub policy: Policy,
    /// Several models instead of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Watched>,
    /// Where report files go.
    #[serde(default)]
    pub reports: Reports,
    /// The folder of the daemon's own state.
    #[serde(default = "state")]
    pub state: PathBuf,
    /// How much of the machine a run may take.
    #[serde(default)]
    pub run: RunOptions,
    /// Who is told, and when.
    #[serde(default)]
    pub alerts: Alerts,
    /// Reports, metrics and health over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
}

/// One entry of `models:`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// The model that is watched.
    pub model: Model,
    /// The reference file, made by `vigie learn`.
    pub reference: PathBuf,
    /// Where the prediction log is, and what its fields are called.
    pub source: source::Options,
    /// How what was predicted turned out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<source::LabelOptions>,
    /// Rows that are looked at apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<SegmentOptions>,
    /// When to look, and at how much.
    #[serde(default)]
    pub schedule: ScheduleOptions,
    /// Limits of this model.
    #[serde(default)]
    pub policy: Policy,
}

/// The `model:` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name of the model's folder of reports.
    pub name: String,
    /// Rows that another version answered are counted, and can be a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The model file; replay, explain and attribution need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Refused when the probability is at least this.
    #[serde(default = "threshold")]
    pub threshold: f64,
    /// What a wrong decision costs.
    #[serde(default)]
    pub cost: Cost,
    /// In F-beta, recall counts so many times as much as precision.
    #[serde(default = "beta")]
    pub beta: f64,
}

/// What a wrong decision costs, in any unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Cost {
    /// Accepted, and should have been refused.
    pub false_negative: f64,
    /// Refused, and should have been accepted.
    pub false_positive: f64,
}

impl Default for Cost {
    fn default() -> Self {
        Self { false_negative: 10.0, false_positive: 1.0 }
    }
}

/// The `segments:` section: rows that are looked at apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentOptions {
    /// Categorical features whose levels are segments each, at most 20 a feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Expressions by name: `CODE_GENDER == "F" and AMT_CREDIT > 500000`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filters: BTreeMap<String, String>,
    /// Nothing is judged of a segment with fewer rows.
    #[serde(default = "segment_rows")]
    pub min_rows: u64,
}

impl SegmentOptions {
    /// As they are found on the features of a reference.
    #[must_use]
    pub fn chosen(&self) -> Chosen {
        Chosen { by: self.by.clone(), filters: self.filters.clone() }
    }
}

/// The `schedule:` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleOptions {
    /// When the daemon looks: second, minute, hour, day of month, month, day of week.
    pub cron: String,
    /// The zone of the cron line, of windows of whole days and of dates on the command line.
    pub timezone: String,
    /// How long a window is.
    pub window: Span,
    /// How long after a window's end late records are waited for.
    pub lateness: Span,
    /// The first window that the daemon looks at, a date or a time. Without it the first that holds a record,
    /// among as many as are caught up with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// How many windows are caught up with after the daemon was away; what lies before is named as a gap.
    pub catch_up: u32,
    /// How many of the latest windows are checked again when their row count has changed.
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
    /// The folder of report files.
    pub dir: PathBuf,
    /// Older reports are removed.
    pub keep: Span,
    /// What the pages are written in: en or fr.
    pub language: Language,
    /// Where people find the folder: `https://vigie.example.com/`. Mails link to it.
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
    /// How many threads of the daemon read the log. Default: half the cores, for the host is shared.
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
