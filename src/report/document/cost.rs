//! The `cost` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cost_curve::ReportedCostCurve, interval::ReportedInterval};
use crate::performance::{Expected, Performance, Realised, ReferenceCost};

/// Cost of decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostSection {
    /// Null if the reference holds no outcomes.
    pub curve: Option<ReportedCostCurve>,
    /// Estimate over all used rows; null if there is none.
    pub expected: Option<ExpectedCost>,
    /// Cost of accepting a row whose outcome is positive.
    pub false_negative: f64,
    /// Cost of refusing a row whose outcome is negative.
    pub false_positive: f64,
    /// Cost of the labelled rows; null if there are none.
    pub realised: Option<RealisedCosts>,
    /// Cost of the reference's rows on the same terms.
    pub reference: Option<ReferenceCosts>,
    /// Scores at or above this are refused.
    pub threshold: f64,
}

/// Expected cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedCost {
    /// Relative change against the reference; null if the reference's cost is zero.
    pub moved: Option<f64>,
    /// Probability that chance alone moves the expected cost this far from that of the reference's rows.
    pub p_value: Option<f64>,
    pub per_1000: ReportedInterval,
    pub rows: f64,
    pub total: ReportedInterval,
}

/// Cost measured from labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RealisedCosts {
    pub cheapest: Option<CheapestTotal>,
    pub per_1000: ReportedInterval,
    pub rows: u64,
    /// The amount that the cheapest threshold would have saved.
    pub saving: Option<f64>,
    pub total: ReportedInterval,
}

/// Cheapest threshold for the labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheapestTotal {
    /// Null: refuse nobody.
    pub threshold: Option<f64>,
    pub total: Option<f64>,
}

/// Cost of the reference's rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceCosts {
    pub cheapest: Option<CheapestPer1000>,
    pub per_1000: ReportedInterval,
    pub rows: f64,
}

/// Cheapest threshold for the reference's rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheapestPer1000 {
    pub per_1000: Option<f64>,
    /// Null: refuse nobody.
    pub threshold: Option<f64>,
}

impl CostSection {
    pub(super) fn new(performance: &Performance) -> Self {
        let price = performance.terms.price;
        let expected = performance.expected.as_ref().ok();
        Self {
            curve: performance.curve.as_ref().map(ReportedCostCurve::new),
            expected: expected.map(ExpectedCost::new),
            false_negative: price.false_negative,
            false_positive: price.false_positive,
            realised: performance.realised.as_ref().map(RealisedCosts::new),
            reference: expected.map(|expected| ReferenceCosts::new(&expected.reference)),
            threshold: performance.terms.threshold,
        }
    }
}

impl ExpectedCost {
    fn new(expected: &Expected) -> Self {
        Self {
            moved: expected.cost_moved(),
            p_value: expected.p_value,
            per_1000: expected.cost_per_1000.into(),
            rows: expected.rows,
            total: expected.cost.into(),
        }
    }
}

impl RealisedCosts {
    fn new(realised: &Realised) -> Self {
        let cheapest = realised.cheapest.as_ref();
        Self {
            cheapest: cheapest.map(|at| CheapestTotal { threshold: at.threshold, total: Some(at.cost) }),
            per_1000: realised.cost_per_1000().into(),
            rows: realised.rows,
            saving: realised.saving(),
            total: realised.cost.into(),
        }
    }
}

impl ReferenceCosts {
    fn new(reference: &ReferenceCost) -> Self {
        let cheapest = |(threshold, per_1000)| CheapestPer1000 { per_1000: Some(per_1000), threshold };
        Self { cheapest: reference.cheapest.map(cheapest), per_1000: reference.interval.into(), rows: reference.rows }
    }
}
