//! The limits of the config's `policy:` section: what is worth a watch, what an alarm, on which evidence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::EmptyBins;

/// Effect sizes from which a test is worth a watch or an alarm; `null` is never.
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

/// How many logged scores are held against the model file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParityOf {
    /// At most 10,000 rows of a window, the same ones whatever their order.
    #[default]
    Sample,
    /// Every row.
    All,
    /// None.
    Off,
}

/// Limits of one feature that differ from the policy's.
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

/// Every limit, with the defaults of the definitions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Fewer used rows: `too_few`, no verdict.
    pub min_rows: u64,
    /// A test speaks when its q-value (Benjamini–Hochberg) is at most this.
    pub q: f64,
    /// An alarm on one of so many most important features is an alarm of the run.
    pub top: usize,
    /// An importance-weighted share of drifted features from which the run is an alarm.
    pub drifted_share: f64,
    pub empty_bins: EmptyBins,
    pub psi: Limits,
    /// Kolmogorov–Smirnov D.
    pub ks: Limits,
    /// Cramér's V of the table with equal weights.
    pub chi2: Limits,
    /// Change of the share, 0–1.
    pub missing: Limits,
    /// Share in excess of what the reference leads to expect.
    pub unseen: Limits,
    /// Change of the share, 0–1.
    pub share_refused: Limits,
    /// Share of rows answered by another version of the model.
    pub model_version: Limits,
    /// Absolute.
    pub error_rate: Limits,
    /// Absolute, in milliseconds; off unless set.
    pub latency_p95_ms: Limits,
    /// By how much a row's mean cost is above the reference's, as a share of that; expected, and known from labels.
    pub cost: Limits,
    /// By how much the AUC is below the reference's, expected, and known from labels.
    pub auc: Limits,
    /// By how much a segment is accepted less often than the most favoured of its column (a filter: than all other rows), as a share
    /// of that: 0.2 is the four-fifths rule.
    pub disparity: Limits,
    /// Which logged scores are compared with those of `model.file`: one that differs is an alarm.
    pub parity: ParityOf,
    /// Whether it is measured which drift moved the score: the reference's values put back and rows scored again, and drift of the
    /// features' contributions; needs `model.file`.
    pub attribution: bool,
    /// Limits of single features.
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

/// The limits that hold for one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureLimits {
    pub psi: Limits,
    pub ks: Limits,
    pub chi2: Limits,
    pub missing: Limits,
    pub unseen: Limits,
}

impl Policy {
    /// The limits that hold for a feature, or for the score.
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
