//! `curve` of the `cost` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::performance::CostCurve;

/// Cost of each threshold on the reference's rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedCostCurve {
    pub cheapest: CheapestThresholds,
    /// Cost of accepting a row whose outcome is bad.
    pub false_negative: f64,
    /// Cost of refusing a row whose outcome is good.
    pub false_positive: f64,
    /// Cost per 1,000 rows at the threshold in use.
    pub per_1000: Option<f64>,
    pub points: CurvePoints,
    /// Rows of the reference.
    pub rows: f64,
    /// The threshold in use.
    pub threshold: f64,
}

/// The cheapest threshold, and the range of those that are not significantly more expensive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheapestThresholds {
    pub high: Option<f64>,
    /// Describes the range from `low` to `high`.
    pub interval: String,
    pub low: Option<f64>,
    /// Cost per 1,000 rows at `threshold`.
    pub per_1000: Option<f64>,
    /// Null: refuse nobody.
    pub threshold: Option<f64>,
}

/// Points of the curve, one hundredth apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoints {
    pub columns: [String; 3],
    pub rows: Vec<[Option<f64>; 3]>,
}

impl ReportedCostCurve {
    #[must_use]
    pub fn new(curve: &CostCurve) -> Self {
        let points = curve.points.iter();
        let points = points.map(|point| [Some(point.threshold), Some(point.per_1000), Some(point.refused)]);
        Self {
            cheapest: CheapestThresholds {
                high: curve.near.high,
                interval: "thresholds whose cost is not significantly above the lowest (paired z test, 5%); null: refuse nobody"
                    .to_owned(),
                low: curve.near.low,
                per_1000: Some(curve.least),
                threshold: curve.cheapest.threshold,
            },
            false_negative: curve.terms.price.false_negative,
            false_positive: curve.terms.price.false_positive,
            per_1000: Some(curve.used),
            points: CurvePoints {
                columns: ["threshold", "per_1000", "refused_share"].map(ToOwned::to_owned),
                rows: points.collect(),
            },
            rows: curve.rows,
            threshold: curve.terms.threshold,
        }
    }
}
