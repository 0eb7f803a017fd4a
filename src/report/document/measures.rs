//! The tests and distances of a feature, or of the score, in `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    drift::{Chi2, FeatureDrift, Ks, Missing, OutOfRange, Unseen, Wasserstein},
    judge::{Measure, Policy, QValues},
};

/// Shares of rows without a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedMissing {
    /// Chi-square on a 2×2 table with Yates' correction.
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    pub reference_share: Option<f64>,
    pub window_share: Option<f64>,
}

impl ReportedMissing {
    pub(super) fn new(missing: &Missing, qs: &QValues) -> Self {
        Self {
            p_value: missing.p_value,
            q_value: qs.get(Measure::Missing),
            reference_share: missing.reference_share,
            window_share: missing.window_share,
        }
    }
}

/// Levels that do not occur in the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedUnseen {
    /// Number of distinct unseen levels.
    pub distinct: usize,
    /// `share` − `expected`, at least zero.
    pub excess: Option<f64>,
    /// Share that the reference leads to expect (Good–Turing).
    pub expected: f64,
    /// Most rows first, at most 20.
    pub levels: Vec<ReportedLevel>,
    /// Probability of at least this many such rows if window and reference had the same distribution.
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    /// Share of all used rows.
    pub share: Option<f64>,
}

/// A level with its rows in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedLevel {
    pub level: String,
    pub rows: u64,
}

impl ReportedUnseen {
    pub(super) fn new(unseen: &Unseen, qs: &QValues) -> Self {
        let level = |(level, rows): &(String, u64)| ReportedLevel { level: level.clone(), rows: *rows };
        Self {
            distinct: unseen.distinct,
            excess: unseen.excess,
            expected: unseen.expected,
            levels: unseen.levels.iter().map(level).collect(),
            p_value: unseen.p_value,
            q_value: qs.get(Measure::Unseen),
            share: unseen.share,
        }
    }
}

/// Values outside the reference's range, as shares of the used rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedOutOfRange {
    pub above: Option<f64>,
    pub below: Option<f64>,
    /// Probability of at least this many such values if window and reference had the same distribution.
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
}

impl ReportedOutOfRange {
    pub(super) fn new(range: &OutOfRange, qs: &QValues) -> Self {
        Self { above: range.above, below: range.below, p_value: range.p_value, q_value: qs.out_of_range }
    }
}

/// Population stability index over the bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedPsi {
    /// Number of bins.
    pub bins: usize,
    /// Value that chance alone exceeds in 5 of 100 windows.
    pub critical: Option<f64>,
    /// Rule for bins that are empty on one side: `half_count`, or `floor: 0.0001`.
    pub empty_bins: String,
    /// Bins left for the chance distribution after sparse ones are merged.
    pub p_bins: usize,
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    pub value: Option<f64>,
}

impl ReportedPsi {
    pub(super) fn new(drift: &FeatureDrift, qs: &QValues, policy: &Policy) -> Self {
        Self {
            bins: drift.bins.len(),
            critical: drift.psi.critical,
            empty_bins: policy.empty_bins.name(),
            p_bins: drift.psi.p_bins,
            p_value: drift.psi.p_value,
            q_value: qs.get(Measure::Psi),
            value: drift.psi.value,
        }
    }
}

/// Jensen–Shannon distance over the bins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedJensenShannon {
    /// Base 2, from 0 to 1.
    pub value: Option<f64>,
}

/// Two-sample Kolmogorov–Smirnov test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedKs {
    pub exact: bool,
    /// p at `statistic`.
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    /// D, or its lower bound if not exact.
    pub statistic: f64,
    pub upper_bound: f64,
}

impl ReportedKs {
    pub(super) fn new(ks: &Ks, qs: &QValues) -> Self {
        Self {
            exact: ks.exact,
            p_value: ks.p_value,
            q_value: qs.get(Measure::Ks),
            statistic: ks.statistic,
            upper_bound: ks.upper_bound,
        }
    }
}

/// Kolmogorov–Smirnov distance without a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedKsDistance {
    pub exact: bool,
    /// D, or its lower bound if not exact.
    pub statistic: f64,
    pub upper_bound: f64,
}

impl ReportedKsDistance {
    pub(super) fn new(ks: &Ks) -> Self {
        Self { exact: ks.exact, statistic: ks.statistic, upper_bound: ks.upper_bound }
    }
}

/// First Wasserstein distance between the values of both sides, in the unit of the feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedWasserstein {
    pub exact: bool,
    pub lower_bound: Option<f64>,
    /// `value` in standard deviations of the reference.
    pub normalised: Option<f64>,
    pub upper_bound: Option<f64>,
    /// If not exact, an estimate between the bounds.
    pub value: Option<f64>,
}

impl ReportedWasserstein {
    pub(super) fn new(distance: &Wasserstein) -> Self {
        Self {
            exact: distance.exact,
            lower_bound: Some(distance.lower_bound),
            normalised: distance.normalised,
            upper_bound: Some(distance.upper_bound),
            value: Some(distance.value),
        }
    }
}

/// Chi-square test of homogeneity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedChi2 {
    /// From 0 to 1, independent of the number of rows.
    pub cramers_v: f64,
    /// Degrees of freedom.
    pub dof: usize,
    pub p_value: Option<f64>,
    /// Levels expected fewer than 5 times in the window, pooled into one.
    pub pooled_levels: usize,
    pub q_value: Option<f64>,
    pub statistic: Option<f64>,
}

impl ReportedChi2 {
    pub(super) fn new(chi2: &Chi2, qs: &QValues) -> Self {
        Self {
            cramers_v: chi2.cramers_v,
            dof: chi2.dof,
            p_value: chi2.p_value,
            pooled_levels: chi2.pooled_levels,
            q_value: qs.get(Measure::Chi2),
            statistic: chi2.statistic,
        }
    }
}
