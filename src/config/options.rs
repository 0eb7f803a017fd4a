//! Keys of the config file, with defaults and documentation.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{
    decision::{DecisionRule, DecisionWord, DecisionWords, HighScore},
    segment::SegmentSpec,
    window::Span,
};

use super::{
    Alerts, Http,
    mlflow::MlflowOptions,
    model_choices::{InputsChoice, IterationChoice, LinkChoice, ModelChoices},
    serve::ServeOptions,
};
use crate::{
    judge::Policy,
    report::Language,
    source::{self, Scalar},
};

/// The whole config file: the single source of the JSON schema, the known keys and their types.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The model to monitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelSection>,
    /// Reference file, created by `vigie learn`, or the address of a model in MLflow's registry that has one next to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// Where the prediction log is, and the names of its fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<source::SourceOptions>,
    /// Labels: the actual outcomes of the predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<source::LabelOptions>,
    /// The feature table that serving should have read: logged inputs are compared with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<source::FeatureTableOptions>,
    /// Groups of rows to monitor separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<SegmentOptions>,
    /// When to check, and the length of a window.
    #[serde(default)]
    pub schedule: ScheduleOptions,
    /// Limits for watch and alarm, and the evidence they require.
    #[serde(default)]
    pub policy: Policy,
    /// A second baseline next to the reference: the windows before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineOptions>,
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
    /// The MLflow server of addresses such as `models:/NAME@champion`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mlflow: Option<MlflowOptions>,
    /// The scoring API of `vigie serve`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve: Option<ServeOptions>,
}

/// One entry of `models:`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchedModel {
    /// The model to monitor.
    pub model: ModelSection,
    /// Reference file, created by `vigie learn`, or the address of a model in MLflow's registry that has one next to it.
    pub reference: PathBuf,
    /// Where the prediction log is, and the names of its fields.
    pub source: source::SourceOptions,
    /// Labels: the actual outcomes of the predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<source::LabelOptions>,
    /// The feature table that serving should have read: logged inputs are compared with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<source::FeatureTableOptions>,
    /// Groups of rows to monitor separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<SegmentOptions>,
    /// When to check, and the length of a window.
    #[serde(default)]
    pub schedule: ScheduleOptions,
    /// Limits for this model.
    #[serde(default)]
    pub policy: Policy,
    /// A second baseline next to the reference: the windows before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineOptions>,
}

/// The `model:` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// Name of the model and of its report folder.
    pub name: String,
    /// Expected model version. Rows from other versions are counted and can be a finding. `{version}` stands for the number
    /// of the version that the address of `file` means now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Model file, or its address in MLflow's registry, such as `models:/NAME@champion`. Required for replay, explain and
    /// attribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Aliases of the registered model in `file` that are watched side by side, such as `[champion, challenger]`. Each is a
    /// model of its own; all but the first are named `NAME-ALIAS`. Rows belong to a version by `source.fields.model_version`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// How many boosting iterations of the file the service uses: a number, `all`, or `best` (as early stopping noted it).
    /// Default: those that the library's own prediction uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<IterationChoice>,
    /// Categorical features whose levels a LightGBM file lists without names, in the order of the lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    /// `f32`: the service passes numbers to the library as 32-bit floats. Default: as they are logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<InputsChoice>,
    /// `sigmoid`: the raw output of a model with an objective of its own is the log-odds of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkChoice>,
    /// The number that an XGBoost service passes for a missing value (`missing` of `DMatrix` and `XGBClassifier`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<f64>,
    /// The class whose probability is the score: one of several, or the first of two. Default: the second of two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What a high probability makes likely: `default`, `repaid`, or any other word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Whether a high probability is bad or good. Default: what the event's name says, otherwise bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_score: Option<HighScore>,
    /// The event is predicted at this probability or above: applicants are then refused if a high score is bad, accepted if
    /// it is good.
    #[serde(default = "threshold")]
    pub threshold: f64,
    /// Tags of the version in MLflow's registry, or of the run that made it, that state threshold and costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<ModelTags>,
    /// Words of the log's decisions, in addition to the common ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<DecisionOptions>,
    /// Whether decisions against the score are expected.
    #[serde(default, skip_serializing_if = "Overrides::is_none")]
    pub overrides: Overrides,
    /// Cost of a wrong decision.
    #[serde(default)]
    pub cost: Cost,
    /// F-beta weight: how many times as much recall counts as precision.
    #[serde(default = "beta")]
    pub beta: f64,
    /// The word that the application passes to the model in place of a missing level, or one per feature; null: none, so that
    /// it is missing to the library too. Default: a usual word that the model knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_level: Option<MissingLevel>,
}

/// Names of tags or parameters whose values take the place of those in the config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelTags {
    /// The tag with the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// The tag with the cost of a false negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_negative: Option<String>,
    /// The tag with the cost of a false positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_positive: Option<String>,
}

impl ModelTags {
    /// The names of the tags.
    pub(crate) fn names(&self) -> Vec<&str> {
        [&self.threshold, &self.false_negative, &self.false_positive].into_iter().filter_map(Option::as_deref).collect()
    }
}

impl ModelSection {
    /// What a high score says about an applicant.
    #[must_use]
    pub fn high_score(&self) -> HighScore {
        let named = || self.event.as_deref().and_then(HighScore::of_event);
        self.high_score.or_else(named).unwrap_or_default()
    }

    /// The event that the score is the probability of.
    #[must_use]
    pub fn event(&self) -> &str {
        self.event.as_deref().unwrap_or_else(|| self.high_score().usual_event())
    }

    /// The decision that follows from a score.
    #[must_use]
    pub fn rule(&self) -> DecisionRule {
        DecisionRule { threshold: self.threshold, high_score: self.high_score() }
    }

    /// Sets the file and the decisions about it.
    pub fn set_file(&mut self, file: PathBuf, choices: ModelChoices) {
        let ModelChoices { iterations, categories, inputs, link, missing, class } = choices;
        self.file = Some(file);
        (self.iterations, self.categories, self.inputs) = (iterations, categories, inputs);
        (self.link, self.missing, self.class) = (link, missing, class);
    }

    /// What the model file leaves open.
    #[must_use]
    pub fn choices(&self) -> ModelChoices {
        ModelChoices {
            iterations: self.iterations,
            categories: self.categories.clone(),
            inputs: self.inputs,
            link: self.link,
            missing: self.missing,
            class: self.class.clone(),
        }
    }

    /// What the words of the decisions in this field mean.
    #[must_use]
    pub fn decision_words(&self, field: &str) -> DecisionWords {
        let none = DecisionOptions::default();
        let own = self.decisions.as_ref().unwrap_or(&none);
        let own: Vec<(String, DecisionWord)> = own.spelled().collect();
        DecisionWords::new(own.iter().map(|(word, meaning)| (word.as_str(), *meaning)), field, self.high_score())
    }
}

/// Words by what they mean. Case, accents and punctuation do not matter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionOptions {
    /// The applicant was accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Scalar>,
    /// The applicant was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Scalar>,
    /// Not a decision yet, such as a case for a human.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Scalar>,
}

impl DecisionOptions {
    /// Every word, as readers spell it.
    fn spelled(&self) -> impl Iterator<Item = (String, DecisionWord)> {
        let lists = [
            (&self.accepted, DecisionWord::Accepted),
            (&self.refused, DecisionWord::Refused),
            (&self.open, DecisionWord::Open),
        ];
        lists
            .into_iter()
            .flat_map(|(words, meaning)| words.iter().filter_map(Scalar::spelled).map(move |word| (word, meaning)))
    }
}

/// Whether decisions against the score are expected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Overrides {
    /// Every one is a finding.
    #[default]
    None,
    /// Their shares are watched instead.
    Allowed,
}

impl Overrides {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// One word for all categorical features, or one per feature; null stands for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MissingLevel {
    Word(String),
    ByFeature(BTreeMap<String, Option<String>>),
}

impl MissingLevel {
    /// Whether the config says what is passed for this feature.
    #[must_use]
    pub fn is_stated(&self, feature: &str) -> bool {
        match self {
            Self::Word(_) => true,
            Self::ByFeature(words) => words.contains_key(feature),
        }
    }

    /// The word for this feature; `None`: none, or the config does not say.
    #[must_use]
    pub fn word(&self, feature: &str) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::ByFeature(words) => words.get(feature)?.as_deref(),
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

/// The `baseline:` section: the windows before, with which each window is compared as well. The verdict is that of the
/// reference; this tells a jump from a slow drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BaselineOptions {
    /// Number of windows.
    pub windows: u32,
    /// Only windows of the same weekday, and for windows shorter than a day of the same time of day.
    pub same_weekday: bool,
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self { windows: 28, same_weekday: false }
    }
}

impl BaselineOptions {
    /// Number of windows below which there is no comparison.
    #[must_use]
    pub fn least(self) -> u32 {
        if self.same_weekday { 4 } else { 7.min(self.windows) }
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
