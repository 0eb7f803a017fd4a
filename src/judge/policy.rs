//! The config's `policy:` section: limits for a watch and an alarm, and the evidence required.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::EmptyBins;

use super::{Limits, PerMeasure, Reaction};

/// Which logged scores are compared with those of the model file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParityOf {
    /// At most 10,000 rows of a window; the choice does not depend on their order.
    #[default]
    Sample,
    /// Every row.
    All,
    /// None.
    Off,
}

/// Limits for one feature that override those of the policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    #[serde(flatten)]
    pub limits: PerMeasure<Option<Limits>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<Reaction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Reaction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<Limits>,
}

/// All limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Minimum number of used rows; with fewer, the run is `too_few` and has no verdict.
    pub min_rows: u64,
    /// Largest q-value (Benjamini–Hochberg) at which a test is a finding.
    pub q: f64,
    /// Number of most important features; an alarm on any of them is an alarm of the run.
    pub top: usize,
    /// Importance-weighted share of drifted features at which the run is an alarm.
    pub drifted_share: f64,
    pub empty_bins: EmptyBins,
    /// Limits of the measures of drift.
    #[serde(flatten)]
    pub limits: PerMeasure<Limits>,
    /// Severity of a feature that is absent, or without a value in 99% of the rows or more. As an alarm it makes the run an alarm,
    /// however little the feature matters to the model.
    pub dead: Reaction,
    /// Severity of a feature that varied in the reference and has one value in 99% of the rows or more.
    pub constant: Reaction,
    /// Share of rows, or labels, that should have been usable and are not.
    pub left_out: Limits,
    /// Change of the share, 0–1.
    pub share_refused: Limits,
    /// Change of the share of decisions against the score, compared with earlier windows; only with `model.overrides: allowed`.
    pub overrides: Limits,
    /// Share of rows answered by a different model version.
    pub model_version: Limits,
    /// Share of failed requests; absolute, not compared with the reference.
    pub error_rate: Limits,
    /// Latency p95 in milliseconds, absolute; off unless set.
    pub latency_p95_ms: Limits,
    /// Relative increase of the mean cost per row over the reference, for both the estimate and the cost measured from labels.
    pub cost: Limits,
    /// Drop of the AUC below the reference, for both the estimate and the AUC measured from labels.
    pub auc: Limits,
    /// Relative shortfall of a segment's acceptance rate below that of the most favoured segment of its column (for a filter: of
    /// all other rows): 0.2 is the four-fifths rule.
    pub disparity: Limits,
    /// Share of rows that repeat rows of the previous window in a block of features, such as all of one source.
    pub stale: Limits,
    /// Share of rows of which a logged input is not that of the feature table; only with `features`.
    pub skew: Limits,
    /// Which logged scores are compared with those of `model.file`; a single difference is an alarm.
    pub parity: ParityOf,
    /// Measure which drift moved the score, by scoring rows again with the reference's values restored and by the drift of the
    /// features' contributions; requires `model.file`.
    pub attribution: bool,
    /// Limits for individual features.
    pub features: BTreeMap<String, Override>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_rows: 500,
            q: 0.01,
            top: 10,
            drifted_share: 0.3,
            empty_bins: EmptyBins::HalfCount,
            limits: PerMeasure::default(),
            dead: Reaction::Alarm,
            constant: Reaction::Watch,
            left_out: Limits::new(0.01, 0.10),
            share_refused: Limits::new(0.05, 0.10),
            overrides: Limits::new(0.02, 0.05),
            model_version: Limits::new(0.01, 0.10),
            error_rate: Limits::new(0.01, 0.05),
            latency_p95_ms: Limits::off(),
            cost: Limits::new(0.10, 0.25),
            auc: Limits::new(0.02, 0.05),
            disparity: Limits::watch_only(0.20),
            stale: Limits::new(0.01, 0.50),
            skew: Limits::new(0.01, 0.10),
            parity: ParityOf::Sample,
            attribution: false,
            features: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Returns the limits that apply to a feature, or to the score.
    #[must_use]
    pub fn limits_of(&self, feature: &str) -> PerMeasure<Limits> {
        let own = self.features.get(feature);
        PerMeasure::from_fn(|measure| {
            let own = own.and_then(|own| *own.limits.get(measure));
            own.unwrap_or(*self.limits.get(measure))
        })
    }

    /// Returns the severity of a dead feature.
    #[must_use]
    pub fn dead_of(&self, feature: &str) -> Reaction {
        self.features.get(feature).and_then(|own| own.dead).unwrap_or(self.dead)
    }

    /// Returns the limits on the rows of a feature that are not those of the feature table.
    #[must_use]
    pub fn skew_of(&self, feature: &str) -> Limits {
        self.features.get(feature).and_then(|own| own.skew).unwrap_or(self.skew)
    }

    /// Returns the severity of a constant feature.
    #[must_use]
    pub fn constant_of(&self, feature: &str) -> Reaction {
        self.features.get(feature).and_then(|own| own.constant).unwrap_or(self.constant)
    }
}
