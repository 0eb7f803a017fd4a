//! The results of a run as plain values, from which JSON and HTML are rendered.

use vigie_profile::{
    batch::Complaints,
    decision::HighScore,
    profile::Traffic,
    window::{Instant, Window},
};

use super::document::RegistryVersion;
use crate::{
    drift::{Drift, LoggedDecisions, SegmentsDrift},
    fault::LeftOut,
    judge::{
        BlockRepeat, Headline, OverrideCounts, Policy, RecentVerdict, RecentVerdicts, SegmentVerdict, SequenceCheck,
        SkewCheck, StaleBlock, Subject, Verdict, VerdictHeadline,
    },
    performance::{LabelCounts, Performance, Predictions},
    reference::{FeatureDescription, Holdout, Provenance},
    replay::{Attribution, LeafDrift, OtherModel, Replay, ScoreShift, Unmeasured},
};

/// Provenance of the report. Everything that may differ between two runs over the same rows is here
/// and nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub revision: u32,
    pub created_at: Instant,
    pub vigie_version: String,
    pub config_sha256: String,
    pub reference_id: String,
    /// The version whose kept file was used because the registry could not be reached: `version 3 of credit-default`.
    pub kept_version: Option<String>,
    /// Whether that is because the registry refused the credentials.
    pub registry_denied: bool,
    pub model: MonitoredModel,
    pub threads: usize,
    pub files: usize,
    pub skipped_files: Option<SkippedFiles>,
    /// Wall time from opening the log to the verdict.
    pub seconds: f64,
    /// The part of `seconds` spent on attribution.
    pub attribution_seconds: Option<f64>,
}

/// Files next to the log that were not read, because their names have none of the known endings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFiles {
    /// At most five names, safe to display.
    pub names: Vec<String>,
    /// Number of further files.
    pub more: usize,
}

impl SkippedFiles {
    /// Keeps the first names. `None` without any.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Option<Self> {
        const NAMED: usize = 5;
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        (!names.is_empty()).then_some(Self { names, more })
    }
}

/// The monitored model.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitoredModel {
    pub name: String,
    pub version: Option<String>,
    /// The version in MLflow's registry, if the config names the model by an address.
    pub registered: Option<RegistryVersion>,
    /// Hash of the model file, if the config names one.
    pub sha256: Option<String>,
    /// The event is predicted for scores of at least this.
    pub threshold: f64,
    pub high_score: HighScore,
    /// The event that the score is the probability of.
    pub event: String,
}

/// The window and what happened to its records.
#[derive(Debug, Clone, PartialEq)]
pub struct ExaminedWindow {
    pub window: Window,
    /// Records excluded by `where`: requests to another model or endpoint.
    pub filtered: u64,
    pub complaints: Complaints,
    /// Parts of the log that could not be read.
    pub unreadable: Vec<LeftOut>,
    /// Later complete windows without records, merged into one. Set only when no window was requested.
    pub empty_later: Option<Window>,
    /// Optional mapped fields that no record has.
    pub missing_fields: Vec<String>,
    /// Names that occur twice in a record or a header.
    pub doubled_names: Vec<String>,
    /// Missing records, if the log has sequence numbers.
    pub sequence: Option<SequenceCheck>,
    /// Whether times have no time zone. Not in the report, because it concerns the setup.
    pub has_naive_times: bool,
}

/// The complete result of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub run: Run,
    pub examined: ExaminedWindow,
    pub reference: Provenance,
    pub policy: Policy,
    pub drift: Drift,
    pub verdict: Verdict,
    /// Importance by feature; `None` if no model was read.
    pub importance: Vec<Option<f64>>,
    /// What the data dictionary says about each feature; empty without one.
    pub descriptions: Vec<Option<FeatureDescription>>,
    pub traffic: Traffic,
    /// Drift of rows scored by another version of the model (no verdict).
    pub other_version: Option<Drift>,
    /// Logged scores compared with those of the model file, if there is one.
    pub replay: Option<Replay>,
    /// Drift of the feature contributions to the score, if the policy enables it.
    pub attribution: Option<Attribution>,
    /// Which drift moved the score, if the policy enables it; `Err` holds the reason it could not be measured.
    pub score_shift: Option<Result<ScoreShift, Unmeasured>>,
    /// Drift among the leaves of the model's trees, if the reference has counted them; `Err` holds the reason it could not be
    /// measured. Not part of the verdict.
    pub leaf_drift: Option<Result<LeafDrift, Unmeasured>>,
    /// How the config's model differs from the one that the reference was learnt with, if it does.
    pub other_model: Option<OtherModel>,
    /// Cost of decisions and ranking quality of the score, if the log has one.
    pub performance: Option<Performance>,
    /// Performance of predicted numbers or classes, if the log has them instead of one score.
    pub predictions: Option<Predictions>,
    /// Results by segment.
    pub segments: Option<SegmentReport>,
    /// Logged decisions against scores, if the log has any.
    pub decisions: Option<DecisionReport>,
    /// Rows compared with those of the previous window, block by block; `None` without one.
    pub repeats: Option<RepeatsReport>,
    /// Comparison with the windows before, if the config sets `baseline`.
    pub baseline: Option<BaselineReport>,
    /// The window that takes the place of the reference, if one was requested.
    pub against: Option<AgainstWindow>,
    /// The two tables, if tables are compared instead of a log and a reference.
    pub tables: Option<ComparedTables>,
    /// Logged inputs compared with the feature table, if the config names one.
    pub skew: Option<SkewCheck>,
    /// Content of `profile.bin`: the window's counts, for later windows.
    pub profile: Vec<u8>,
}

/// An earlier window whose counts were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierWindow {
    pub window: Window,
    /// Revision of its report.
    pub revision: u32,
}

/// Blocks of features compared with the rows of the previous window.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatsReport {
    pub previous: EarlierWindow,
    pub blocks: Vec<BlockRepeat>,
    pub stale: Vec<StaleBlock>,
}

/// Comparison with the windows before.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineReport {
    /// Windows that were read, oldest first. Of these, each feature is compared with at most `most`, at least `least`.
    pub windows: Vec<EarlierWindow>,
    pub most: usize,
    pub least: usize,
    pub same_weekday: bool,
    pub verdicts: RecentVerdicts,
}

/// Two tables that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedTables {
    /// Names of their files, folders or globs.
    pub reference: String,
    pub current: String,
    /// Whether the rows of the second have times. Otherwise they are not a window in time.
    pub is_dated: bool,
    /// Columns of either table that are neither a feature nor anything else.
    pub not_compared: Vec<String>,
}

/// The window that takes the place of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgainstWindow {
    pub window: Window,
    /// Rows used.
    pub rows: u64,
    /// Whether its values are known one by one. Otherwise only its counts per bin are compared.
    pub is_exact: bool,
}

impl BaselineReport {
    /// Start of the first window that is left out because it differs from those before it, if any.
    #[must_use]
    pub fn left_out_since(&self, verdict: &RecentVerdict) -> Option<Instant> {
        let first = self.windows.len().checked_sub(verdict.drift.left_out)?;
        self.windows.get(first).map(|earlier| earlier.window.from)
    }
}

/// Logged decisions, and what is expected of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionReport {
    pub counts: LoggedDecisions,
    /// Whether people may override the model.
    pub overrides_allowed: bool,
}

impl DecisionReport {
    /// The counts that later windows compare their overrides with.
    #[must_use]
    pub fn overrides(&self) -> OverrideCounts {
        let LoggedDecisions { accepted_against: accepted, refused_against: refused, .. } = self.counts;
        OverrideCounts { rows: self.counts.decidable(), accepted, refused }
    }
}

/// Drift and verdicts of all segments.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentReport {
    pub drift: SegmentsDrift,
    /// One per segment, in the order of `drift.list`.
    pub verdicts: Vec<SegmentVerdict>,
}

impl Report {
    /// Returns the window in time, unless two tables without times are compared.
    #[must_use]
    pub fn dated_window(&self) -> Option<Window> {
        self.tables.as_ref().is_none_or(|tables| tables.is_dated).then_some(self.examined.window)
    }

    /// Number of records in the window that pass `where`.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.drift.n_window + self.examined.complaints.rejected_rows()
    }

    /// Returns the result of the label join, if labels are configured.
    #[must_use]
    pub fn labels(&self) -> Option<&LabelCounts> {
        let of_score = self.performance.as_ref().and_then(|performance| performance.labels.as_ref());
        of_score.or_else(|| self.predictions.as_ref().and_then(|predictions| predictions.labels.as_ref()))
    }

    /// Returns what the data dictionary says about a feature, by index.
    #[must_use]
    pub fn description(&self, feature: usize) -> Option<&FeatureDescription> {
        self.descriptions.get(feature)?.as_ref()
    }

    /// Returns what the run amounts to.
    #[must_use]
    pub fn headline(&self) -> Headline {
        Headline::Verdict(VerdictHeadline::new(&self.drift, &self.verdict, &self.policy))
    }

    /// Returns how a feature, or the score, compares with the windows before.
    #[must_use]
    pub fn recent(&self, subject: &Subject) -> Option<&RecentVerdict> {
        let verdicts = &self.baseline.as_ref()?.verdicts;
        match subject {
            Subject::Score => verdicts.score.as_ref(),
            Subject::Feature(name) => {
                let place = self.drift.features.iter().position(|feature| feature.name == *name)?;
                verdicts.features.get(place)?.as_ref()
            }
            Subject::Run | Subject::Group(_) | Subject::Segment(_) => None,
        }
    }

    /// Returns whether the reference rows were held out of training. Only then are realised outcomes
    /// compared with those of the reference.
    #[must_use]
    pub fn is_holdout(&self) -> bool {
        self.reference.holdout == Holdout::Yes
    }

    /// `credit-default/20261001T000000Z_20261002T000000Z`, or `compare/CUR_REF` if tables are compared.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.tables {
            Some(tables) => format!("{}/{}_{}", self.run.model.name, tables.current, tables.reference),
            None => format!("{}/{}", self.run.model.name, self.examined.window.folder()),
        }
    }
}
