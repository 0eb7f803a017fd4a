//! What each threshold would cost on rows whose outcomes are known, and which is the cheapest.

use vigie_stats::{
    Outcomes,
    threshold::{self, At, Range},
};

use super::Terms;

/// At one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostAt {
    pub threshold: f64,
    pub per_1000: f64,
    /// The share that is refused.
    pub refused: f64,
}

/// Of a thousand rows; thresholds from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct CostCurve {
    pub rows: f64,
    pub terms: Terms,
    /// A hundredth apart.
    pub points: Vec<CostAt>,
    /// At the threshold that is used.
    pub used: f64,
    /// The cheapest threshold of all, with what chance leaves it; its cost is that of all rows.
    pub cheapest: At,
    pub near: Range,
    /// At the cheapest threshold.
    pub least: f64,
}

impl CostCurve {
    const STEPS: u32 = 100;

    /// `None` without rows.
    #[must_use]
    pub fn of(outcomes: &Outcomes, terms: Terms) -> Option<Self> {
        let rows = outcomes.rows();
        let cheapest = threshold::cheapest(outcomes, terms.price)?;
        let thousand = |cost: f64| 1000.0 * cost / rows;
        let points = threshold::curve(outcomes, terms.price, Self::STEPS);
        let point = |at: &At| CostAt {
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

    /// Whether the threshold that is used costs no more than chance explains.
    #[must_use]
    pub fn is_used_near(&self) -> bool {
        let threshold = self.terms.threshold;
        self.near.low.is_some_and(|low| low <= threshold) && self.near.high.is_none_or(|high| threshold <= high)
    }
}
