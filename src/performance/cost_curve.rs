//! Cost of each threshold on rows with known outcomes, and the cheapest threshold.

use vigie_stats::{
    Outcomes,
    threshold::{self, OperatingPoint, ThresholdRange},
};

use super::Terms;

/// Cost at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostAt {
    pub threshold: f64,
    pub per_1000: f64,
    /// Share of rows refused.
    pub refused: f64,
}

/// Cost per 1,000 rows at thresholds from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct CostCurve {
    pub rows: f64,
    pub terms: Terms,
    /// Points one hundredth apart.
    pub points: Vec<CostAt>,
    /// Cost per 1,000 rows at the threshold in use.
    pub used: f64,
    /// The cheapest threshold; its `cost` is the total over all rows.
    pub cheapest: OperatingPoint,
    /// Thresholds whose cost does not differ significantly from the cheapest.
    pub near: ThresholdRange,
    /// Cost per 1,000 rows at the cheapest threshold.
    pub least: f64,
}

impl CostCurve {
    const STEPS: u32 = 100;

    /// Computes the curve; `None` without rows.
    #[must_use]
    pub fn new(outcomes: &Outcomes, terms: Terms) -> Option<Self> {
        let rows = outcomes.rows();
        let cheapest = threshold::cheapest(outcomes, terms.price)?;
        let thousand = |cost: f64| 1000.0 * cost / rows;
        let points = threshold::curve(outcomes, terms.price, Self::STEPS);
        let point = |at: &OperatingPoint| CostAt {
            threshold: at.threshold.unwrap_or(f64::INFINITY),
            per_1000: thousand(at.cost),
            refused: at.confusion.refused() / rows,
        };
        Some(Self {
            rows,
            terms,
            points: points.iter().map(point).collect(),
            used: thousand(outcomes.confusion(terms.threshold).cost(terms.price)),
            least: thousand(cheapest.cost),
            near: threshold::near_cheapest(outcomes, terms.price, &cheapest)?,
            cheapest,
        })
    }

    /// Returns whether the threshold in use costs no more than chance explains.
    #[must_use]
    pub fn is_used_near(&self) -> bool {
        let threshold = self.terms.threshold;
        self.near.low.is_some_and(|low| low <= threshold) && self.near.high.is_none_or(|high| threshold <= high)
    }
}
