//! Right and wrong decisions, and what the wrong ones cost.
//!
//! Definitions as scikit-learn's (`confusion_matrix`, `recall_score`, `precision_score`, `fbeta_score`), but for what it
//! calls a zero division: here nothing is said of nothing.

use super::Interval;

/// What a wrong decision costs, in any unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Accepted, and should have been refused.
    pub false_negative: f64,
    /// Refused, and should have been accepted.
    pub false_positive: f64,
}

/// Decisions by outcome, in rows; of expected outcomes, in fractions of rows. Positive is refused, or should have been.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Confusion {
    pub true_positives: f64,
    pub false_positives: f64,
    pub true_negatives: f64,
    pub false_negatives: f64,
}

impl Confusion {
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

    /// Of what should have been refused, the share that was; `None` where nothing should.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positives, self.positives())
    }

    /// Of what was refused, the share that should have been; `None` where nothing was.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives, self.refused())
    }

    /// The weighted harmonic mean of both: recall counts `beta` times as much. `None` where nothing was or should have been
    /// refused.
    #[must_use]
    pub fn f_beta(&self, beta: f64) -> Option<f64> {
        let (hits, square) = ((1.0 + beta * beta) * self.true_positives, beta * beta);
        ratio(hits, hits + square * self.false_negatives + self.false_positives)
    }

    /// F-beta with what chance leaves it: the delta method on the logit, which stays within 0 and 1. At 0 and at 1, where that
    /// says nothing, Wilson's interval of the rows that decide it, the lightest or the heaviest errors taken.
    #[must_use]
    pub fn f_beta_interval(&self, beta: f64) -> Option<Interval> {
        let value = self.f_beta(beta)?;
        let (square, whole) = (beta * beta, 1.0 + beta * beta);
        let deciding = self.true_positives + self.false_positives + self.false_negatives;
        if value <= 0.0 || value >= 1.0 {
            let share = Interval::wilson(self.true_positives, deciding)?;
            let of = |share: f64, error: f64| whole * share / (whole * share + (1.0 - share) * error);
            return Some(Interval {
                value,
                low: of(share.low, square.max(1.0)),
                high: of(share.high, square.min(1.0)),
            });
        }
        let sum = whole * self.true_positives + square * self.false_negatives + self.false_positives;
        let squares = self.true_positives * (whole * (1.0 - value)).powi(2)
            + self.false_negatives * (square * value).powi(2)
            + self.false_positives * value.powi(2);
        Some(Interval::logit(value, squares / sum.powi(2)))
    }

    #[must_use]
    pub fn cost(&self, price: Price) -> f64 {
        price.false_negative * self.false_negatives + price.false_positive * self.false_positives
    }

    /// A row's mean cost, a thousand times.
    #[must_use]
    pub fn cost_per_1000(&self, price: Price) -> Option<f64> {
        ratio(1000.0 * self.cost(price), self.rows())
    }
}

pub(super) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
