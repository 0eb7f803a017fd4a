//! Confusion matrix of accept/refuse decisions: recall, precision, F-beta and cost.
//!
//! Definitions follow scikit-learn (`confusion_matrix`, `recall_score`, `precision_score`, `fbeta_score`), except that
//! a zero division gives `None`.

use super::Interval;

/// Cost of a wrong decision, in any unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Cost of accepting a row that should have been refused.
    pub false_negative: f64,
    /// Cost of refusing a row that should have been accepted.
    pub false_positive: f64,
}

/// Decisions by outcome, in rows; fractional for expected outcomes. Refusing is the positive decision, and a row that
/// should be refused is a positive.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Confusion {
    pub true_positives: f64,
    pub false_positives: f64,
    pub true_negatives: f64,
    pub false_negatives: f64,
}

impl Confusion {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> f64 {
        self.positives() + self.negatives()
    }

    /// Rows that should have been refused.
    #[must_use]
    pub fn positives(&self) -> f64 {
        self.true_positives + self.false_negatives
    }

    /// Rows that should have been accepted.
    #[must_use]
    pub fn negatives(&self) -> f64 {
        self.true_negatives + self.false_positives
    }

    /// Rows that were refused.
    #[must_use]
    pub fn refused(&self) -> f64 {
        self.true_positives + self.false_positives
    }

    /// Share of the positives that were refused; `None` without positives.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positives, self.positives())
    }

    /// Share of the refused rows that are positives; `None` when no row is refused.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives, self.refused())
    }

    /// Weighted harmonic mean of precision and recall, with recall weighted `beta` times as much as precision. `None`
    /// without positives and refused rows.
    #[must_use]
    pub fn f_beta(&self, beta: f64) -> Option<f64> {
        let (hits, square) = ((1.0 + beta * beta) * self.true_positives, beta * beta);
        ratio(hits, hits + square * self.false_negatives + self.false_positives)
    }

    /// F-beta with its 95% interval, by the delta method on the logit, which stays within 0 and 1. At exactly 0 or 1,
    /// where the delta method has no width, the interval is derived from Wilson's interval over the rows that enter
    /// F-beta, with all errors of the type that weighs most (lower bound) or least (upper bound).
    #[must_use]
    pub fn f_beta_interval(&self, beta: f64) -> Option<Interval> {
        let value = self.f_beta(beta)?;
        let (square, whole) = (beta * beta, 1.0 + beta * beta);
        let deciding = self.true_positives + self.false_positives + self.false_negatives;
        if value <= 0.0 || value >= 1.0 {
            let share = Interval::wilson(self.true_positives, deciding)?;
            let bound = |share: f64, error: f64| whole * share / (whole * share + (1.0 - share) * error);
            return Some(Interval {
                value,
                low: bound(share.low, square.max(1.0)),
                high: bound(share.high, square.min(1.0)),
            });
        }
        let sum = whole * self.true_positives + square * self.false_negatives + self.false_positives;
        let squares = self.true_positives * (whole * (1.0 - value)).powi(2)
            + self.false_negatives * (square * value).powi(2)
            + self.false_positives * value.powi(2);
        Some(Interval::logit(value, squares / sum.powi(2)))
    }

    /// Total cost of the wrong decisions.
    #[must_use]
    pub fn cost(&self, price: Price) -> f64 {
        price.false_negative * self.false_negatives + price.false_positive * self.false_positives
    }

    /// Cost per 1,000 rows; `None` without rows.
    #[must_use]
    pub fn cost_per_1000(&self, price: Price) -> Option<f64> {
        ratio(1000.0 * self.cost(price), self.rows())
    }
}

pub(super) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
