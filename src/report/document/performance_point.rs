//! Expected and realised cost and AUC of a window, as stored in the trend file.

use serde::{Deserialize, Serialize};

use crate::performance::Performance;

/// Estimated and realised values: over the labelled rows if there are any, else over all used rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerformancePoint {
    /// Cost per 1,000 rows: value, low, high.
    pub cost_expected: (f64, f64, f64),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_realised: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auc_expected: Option<(f64, f64, f64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auc_realised: Option<f64>,
    /// Share of used rows with a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
}

impl PerformancePoint {
    /// Returns `None` if nothing can be estimated.
    #[must_use]
    pub fn from_performance(performance: &Performance) -> Option<Self> {
        let triple = |of: vigie_stats::Interval| (rounded(of.value), rounded(of.low), rounded(of.high));
        let expected = performance.expected.as_ref().ok()?;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let rows = performance.rows as f64;
        Some(match &performance.estimate_check {
            Some(against) => Self {
                cost_expected: triple(against.cost_expected),
                cost_realised: Some(rounded(against.cost_realised)),
                auc_expected: against.auc_expected.map(triple),
                auc_realised: against.auc_realised.map(rounded),
                coverage: Some(rounded(against.rows / rows)),
            },
            None => Self {
                cost_expected: triple(expected.cost_per_1000),
                cost_realised: None,
                auc_expected: expected.auc.window.map(triple),
                auc_realised: None,
                coverage: None,
            },
        })
    }

    /// Returns whether the realised cost is within the expected band; `None` without labels.
    #[must_use]
    pub fn is_inside(&self) -> Option<bool> {
        let (_, low, high) = self.cost_expected;
        Some((low..=high).contains(&self.cost_realised?))
    }
}

/// Rounds to five decimals, like all trend values.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}
