//! `estimate_against_labels` of the `performance` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interval::ReportedInterval;
use crate::{performance::EstimateCheck, report::words::Language};

/// Performance of the labelled rows, estimated without their labels and measured with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateAgainstLabels {
    pub auc: AucCheck,
    pub cost_per_1000: CostCheck,
    /// Labelled rows.
    pub rows: f64,
    /// What the labels show that no estimate can; null if they are within the estimate.
    pub surprise: Option<String>,
}

/// AUC; null if all rows have the same outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AucCheck {
    pub estimated: Option<ReportedInterval>,
    /// Whether the estimate's interval contains the realised value.
    pub inside: Option<bool>,
    pub realised: Option<f64>,
}

/// Cost per 1,000 rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostCheck {
    pub estimated: ReportedInterval,
    /// Whether the estimate's interval contains the realised value.
    pub inside: bool,
    pub realised: Option<f64>,
}

impl EstimateAgainstLabels {
    pub(super) fn new(check: &EstimateCheck) -> Self {
        Self {
            auc: AucCheck {
                estimated: check.auc_expected.map(Into::into),
                inside: check.is_auc_inside(),
                realised: check.auc_realised,
            },
            cost_per_1000: CostCheck {
                estimated: check.cost_expected.into(),
                inside: check.is_cost_inside(),
                realised: Some(check.cost_realised),
            },
            rows: check.rows,
            surprise: check.is_surprise().then(|| Language::English.surprise(check)),
        }
    }
}
