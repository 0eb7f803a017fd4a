//! `report.json`: the whole document, written from a report and read back by trends, metrics and the ledger.
//!
//! Fields are declared in the order of their keys in the file, which is alphabetical within a section: to add a key, add a
//! field in its place. A number that may be undefined or infinite is an `Option`, because JSON has neither. When reading,
//! unknown keys are ignored, and keys that an earlier version did not write are optional.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    against::AgainstSection, attribution::AttributionSection, baseline::BaselineSection, cost::CostSection,
    decisions::DecisionsSection, feature::ReportedFeature, latency::LatencySection, leaf_drift::LeafDriftSection,
    other_version::OtherVersionSection, performance::PerformanceSection, predictions::PredictionsSection,
    reference::ReferenceSection, repeats::StaleSection, replay::ReplaySection, run::RunSection, score::score,
    segments::SegmentsSection, service::ServiceSection, skew::SkewSection, sorted::sorted, tables::TablesSection,
    verdict::VerdictSection, window::WindowSection,
};
use crate::{judge::Policy, report::Report};

/// Incremented when the meaning of a key changes.
const SCHEMA_VERSION: u32 = 1;

/// Drift report of one window. Keys may be added; the meaning of existing keys changes only with `schema_version`. Times
/// are RFC 3339 in UTC, shares range from 0 to 1, and `null_reasons` explains null values by path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportDocument {
    /// Version of the meaning of the keys.
    pub schema_version: u32,
    pub run: RunSection,
    pub window: WindowSection,
    pub verdict: VerdictSection,
    /// In the order of the reference.
    #[serde(default)]
    pub features: Vec<ReportedFeature>,
    /// The score, measured like a numeric feature; null if the log has none.
    #[serde(serialize_with = "sorted")]
    pub score: Option<ReportedFeature>,
    /// Latency of successful requests.
    #[serde(default)]
    pub latency: LatencySection,
    #[serde(default)]
    pub service: ServiceSection,
    /// Null if the log has no score.
    pub performance: Option<PerformanceSection>,
    /// Null if the log has no score.
    pub cost: Option<CostSection>,
    /// Logged decisions against the scores; missing if the log has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<DecisionsSection>,
    /// Null unless the log has predicted numbers or classes instead of a score. Missing in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<PredictionsSection>,
    /// Null if the config defines no segments.
    pub segments: Option<SegmentsSection>,
    /// Logged scores compared with those of the model file; null without one.
    #[serde(serialize_with = "sorted")]
    pub replay: Option<ReplaySection>,
    /// Null unless the policy enables it.
    pub attribution: Option<AttributionSection>,
    /// Not present without a model file, or if the reference has no leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf_drift: Option<LeafDriftSection>,
    pub reference: ReferenceSection,
    /// The config's `policy:` in effect.
    #[schemars(with = "Policy")]
    pub policy: Value,
    /// Drift of rows scored by another version of the model; null if there are none.
    pub other_version: Option<OtherVersionSection>,
    /// Only if another window takes the place of the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<AgainstSection>,
    /// Only if two tables are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<TablesSection>,
    /// Only if the config sets `baseline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineSection>,
    /// Only if the counts of an earlier window are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<StaleSection>,
    /// Only if the config names a feature table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<SkewSection>,
}

impl ReportDocument {
    #[must_use]
    pub fn new(report: &Report) -> Self {
        let (policy, verdict) = (&report.policy, &report.verdict);
        let performance = report.performance.as_ref();
        Self {
            schema_version: SCHEMA_VERSION,
            run: RunSection::new(report),
            window: WindowSection::new(report),
            verdict: VerdictSection::new(report),
            features: ReportedFeature::all(report),
            score: score(&report.drift, verdict.score.as_ref(), verdict.share_refused_q, policy),
            latency: LatencySection::new(&report.traffic.latency),
            service: ServiceSection::new(&report.traffic),
            performance: performance.map(PerformanceSection::new),
            cost: performance.map(CostSection::new),
            decisions: report.decisions.as_ref().map(DecisionsSection::new),
            predictions: report.predictions.as_ref().map(PredictionsSection::new),
            segments: report.segments.as_ref().map(|segments| SegmentsSection::new(report, segments)),
            replay: report.replay.as_ref().map(ReplaySection::new),
            attribution: AttributionSection::new(report),
            leaf_drift: report.leaf_drift.as_ref().map(LeafDriftSection::new),
            reference: ReferenceSection::new(report),
            policy: serde_json::to_value(policy).unwrap_or_default(),
            other_version: report.other_version.as_ref().map(|drift| OtherVersionSection::new(drift, policy)),
            against: AgainstSection::new(report),
            tables: TablesSection::new(report),
            baseline: BaselineSection::new(report),
            stale: StaleSection::new(report),
            skew: SkewSection::new(report),
        }
    }

    /// Parses a `report.json`.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Renders pretty JSON with a trailing newline. The output is valid for all values, including NaN.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Renders the report as `report.json`.
#[must_use]
pub fn to_json(report: &Report) -> String {
    ReportDocument::new(report).to_json()
}
