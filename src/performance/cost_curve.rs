//! Cost of each threshold on rows with known outcomes, and the cheapest threshold.

use vigie_profile::decision::HighScore;
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

/// Cost per 1,000 rows at thresholds of the score from 0 to 1.
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
    /// Thresholds whose cost does not differ significantly from the cheapest; `None`: refusing no row.
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
        let near = threshold::near_cheapest(outcomes, terms.price, &cheapest)?;
        let thousand = |cost: f64| 1000.0 * cost / rows;
        let points = threshold::curve(outcomes, terms.price, Self::STEPS);
        let point = |at: &OperatingPoint| CostAt {
            threshold: at.threshold.map_or(f64::INFINITY, |risk| terms.high_score.score(risk)),
            per_1000: thousand(at.cost),
            refused: at.confusion.refused() / rows,
        };
        let mut points: Vec<CostAt> = points.iter().map(point).collect();
        let at_score = |risk: Option<f64>| risk.map(|risk| terms.score_threshold(outcomes, risk));
        let (mut low, mut high) = (at_score(near.low), at_score(near.high));
        if terms.high_score == HighScore::Good {
            points.reverse();
            // The highest risk is the lowest score.
            (low, high) = (high, low);
        }
        Some(Self {
            rows,
            terms,
            points,
            used: thousand(outcomes.confusion(terms.risk_threshold()).cost(terms.price)),
            least: thousand(cheapest.cost),
            near: ThresholdRange { low, high },
            cheapest: OperatingPoint { threshold: at_score(cheapest.threshold), ..cheapest },
        })
    }

    /// Returns whether the cost at a threshold does not differ significantly from the cheapest.
    #[must_use]
    pub fn is_near(&self, threshold: f64) -> bool {
        let ThresholdRange { low, high } = self.near;
        match self.terms.high_score {
            HighScore::Bad => low.is_some_and(|low| low <= threshold) && high.is_none_or(|high| threshold <= high),
            HighScore::Good => low.is_none_or(|low| low <= threshold) && high.is_some_and(|high| threshold <= high),
        }
    }

    /// Returns the range of `near` on the axis of the score: refusing nobody is at the end where no score is refused.
    #[must_use]
    pub fn near_range(&self) -> (f64, f64) {
        let nobody = match self.terms.high_score {
            HighScore::Bad => 1.0,
            HighScore::Good => 0.0,
        };
        (self.near.low.unwrap_or(nobody), self.near.high.unwrap_or(nobody))
    }

    /// Returns whether the threshold in use costs no more than chance explains.
    #[must_use]
    pub fn is_used_near(&self) -> bool {
        self.is_near(self.terms.threshold)
    }
}
