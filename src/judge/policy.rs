//! The config's `policy:` section: limits for a watch and an alarm, and the evidence required.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::EmptyBins;

/// Effect sizes at which a test is a watch or an alarm; `null` means never.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    #[serde(default)]
    pub watch: Option<f64>,
    #[serde(default)]
    pub alarm: Option<f64>,
}

impl Limits {
    pub(super) const fn new(watch: f64, alarm: f64) -> Self {
        Self { watch: Some(watch), alarm: Some(alarm) }
    }

    const fn watch_only(watch: f64) -> Self {
        Self { watch: Some(watch), alarm: None }
    }

    const fn off() -> Self {
        Self { watch: None, alarm: None }
    }
}

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psi: Option<Limits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ks: Option<Limits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chi2: Option<Limits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Limits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Limits>,
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
    pub psi: Limits,
    /// Kolmogorov–Smirnov D.
    pub ks: Limits,
    /// Cramér's V with both sides weighted equally.
    pub chi2: Limits,
    /// Change of the share, 0–1.
    pub missing: Limits,
    /// Share in excess of the share expected from the reference.
    pub unseen: Limits,
    /// Change of the share, 0–1.
    pub share_refused: Limits,
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
            psi: Limits::new(0.10, 0.25),
            ks: Limits::watch_only(0.10),
            chi2: Limits::watch_only(0.10),
            missing: Limits::new(0.05, 0.20),
            unseen: Limits::new(0.01, 0.10),
            share_refused: Limits::new(0.05, 0.10),
            model_version: Limits::new(0.01, 0.10),
            error_rate: Limits::new(0.01, 0.05),
            latency_p95_ms: Limits::off(),
            cost: Limits::new(0.10, 0.25),
            auc: Limits::new(0.02, 0.05),
            disparity: Limits::watch_only(0.20),
            parity: ParityOf::Sample,
            attribution: false,
            features: BTreeMap::new(),
        }
    }
}

/// The limits that apply to one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureLimits {
    pub psi: Limits,
    pub ks: Limits,
    pub chi2: Limits,
    pub missing: Limits,
    pub unseen: Limits,
}

impl Policy {
    /// Returns the limits that apply to a feature, or to the score.
    #[must_use]
    pub fn limits_of(&self, feature: &str) -> FeatureLimits {
        let own = self.features.get(feature);
        let pick = |own: Option<Option<Limits>>, general: Limits| own.flatten().unwrap_or(general);
        FeatureLimits {
            psi: pick(own.map(|own| own.psi), self.psi),
            ks: pick(own.map(|own| own.ks), self.ks),
            chi2: pick(own.map(|own| own.chi2), self.chi2),
            missing: pick(own.map(|own| own.missing), self.missing),
            unseen: pick(own.map(|own| own.unseen), self.unseen),
        }
    }
}
