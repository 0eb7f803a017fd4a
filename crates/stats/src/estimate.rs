//! Performance without labels, from calibrated scores: confidence-based performance estimation (CBPE, as `NannyML`
//! names it).
//!
//! Each row is expected to be positive with the probability that its score had in the reference; sums over rows give
//! the expected confusion matrix. Intervals assume independent outcomes: a row with probability c contributes a
//! variance of c(1 − c). The calibration was itself learnt from N reference rows, which adds n/N of that variance for a
//! window of n rows. Intervals of ratios use the delta method. No interval covers the case that the meaning of a score
//! has changed.

use super::{Confusion, Interval, Price, Ranked, ScoreStep, ranking::Pairs};

/// Expected confusion matrix and AUC at a threshold, with their uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub confusion: Confusion,
    pub auc: Option<Interval>,
    /// Variance of the number of positives among the refused, and among the accepted.
    refused: f64,
    accepted: f64,
    /// Sums of squared probabilities: of a wrong refusal among the refused, of a wrong acceptance among the accepted.
    squares: (f64, f64),
}

/// Sums over the accepted or the refused rows.
#[derive(Default)]
struct Side {
    positives: f64,
    negatives: f64,
    /// Variance of the number of positives.
    variance: f64,
    /// Sums of squared probabilities of being positive and of being negative.
    hits: f64,
    misses: f64,
}

impl Side {
    fn add(&mut self, step: &ScoreStep) {
        let ScoreStep { positives, negatives, .. } = *step;
        let probability = positives / step.rows();
        self.positives += positives;
        self.negatives += negatives;
        self.variance += negatives * probability;
        self.hits += positives * probability;
        self.misses += negatives * (1.0 - probability);
    }
}

/// Variance inflation because the probabilities were learnt from a finite number of reference rows.
fn inflation(confusion: &Confusion, reference: f64) -> f64 {
    if reference > 0.0 { 1.0 + confusion.rows() / reference } else { 1.0 }
}

impl Estimate {
    /// Estimate from expected outcomes by ascending score, as [`super::Ranked::expected`] returns them; `reference` is
    /// the number of rows the calibration was learnt from.
    #[must_use]
    pub fn new(expected: impl Iterator<Item = ScoreStep>, threshold: f64, reference: f64) -> Self {
        Self::with_exceptions(expected, threshold, &Ranked::default(), reference)
    }

    /// Like [`Self::new`], for decisions that were not all made by the threshold: `against` holds the scores of the rows that
    /// it decides otherwise.
    #[must_use]
    pub fn with_exceptions(
        expected: impl Iterator<Item = ScoreStep>,
        threshold: f64,
        against: &Ranked,
        reference: f64,
    ) -> Self {
        let mut pairs = Pairs::default();
        let mut estimate = Self::without_auc(expected.inspect(|step| pairs.add(step)), threshold, against, reference);
        estimate.auc = estimate.auc_of(&pairs, reference);
        estimate
    }

    fn auc_of(&self, pairs: &Pairs, reference: f64) -> Option<Interval> {
        pairs.auc().map(|auc| {
            // An undefined variance gives the widest interval.
            let variance = pairs.variance().unwrap_or(f64::INFINITY);
            Interval::normal(auc, variance * inflation(&self.confusion, reference)).clamped(0.0, 1.0)
        })
    }

    /// Like [`Self::with_exceptions`], but leaves out the AUC.
    #[must_use]
    pub fn without_auc(
        expected: impl Iterator<Item = ScoreStep>,
        threshold: f64,
        against: &Ranked,
        reference: f64,
    ) -> Self {
        let (mut accepted, mut refused) = (Side::default(), Side::default());
        let mut exceptions = against.distinct().peekable();
        for step in expected {
            let (by_rule, otherwise) =
                if step.score < threshold { (&mut accepted, &mut refused) } else { (&mut refused, &mut accepted) };
            while exceptions.next_if(|(score, _)| *score < step.score).is_some() {}
            let Some((_, rows)) = exceptions.next_if(|(score, _)| *score <= step.score) else {
                by_rule.add(&step);
                continue;
            };
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let share = (rows as f64 / step.rows()).min(1.0);
            otherwise.add(&step.scaled(share));
            if share < 1.0 {
                by_rule.add(&step.scaled(1.0 - share));
            }
        }
        let confusion = Confusion {
            true_positives: refused.positives,
            false_positives: refused.negatives,
            true_negatives: accepted.negatives,
            false_negatives: accepted.positives,
        };
        let inflation = inflation(&confusion, reference);
        Self {
            confusion,
            auc: None,
            refused: refused.variance * inflation,
            accepted: accepted.variance * inflation,
            squares: (refused.misses, accepted.hits),
        }
    }

    /// Expected recall; `None` without expected positives.
    #[must_use]
    pub fn recall(&self) -> Option<Interval> {
        let positives = self.confusion.positives();
        let by_hit = self.confusion.false_negatives / positives.powi(2);
        let by_miss = self.confusion.true_positives / positives.powi(2);
        self.share(self.confusion.recall()?, by_hit, by_miss)
    }

    /// Expected precision; `None` when no row is refused.
    #[must_use]
    pub fn precision(&self) -> Option<Interval> {
        self.share(self.confusion.precision()?, 1.0 / self.confusion.refused(), 0.0)
    }

    /// Expected F-beta; `None` without expected positives and refused rows.
    #[must_use]
    pub fn f_beta(&self, beta: f64) -> Option<Interval> {
        let value = self.confusion.f_beta(beta)?;
        let whole = beta * beta * self.confusion.positives() + self.confusion.refused();
        let by_miss = value * beta * beta / whole;
        self.share(value, (1.0 + beta * beta) / whole - by_miss, by_miss)
    }

    /// Expected total cost of the window.
    #[must_use]
    pub fn cost(&self, price: Price) -> Interval {
        // One more positive among the refused is one wrong refusal less.
        let variance = price.false_positive.powi(2) * self.refused + price.false_negative.powi(2) * self.accepted;
        Interval::normal(self.confusion.cost(price), variance).clamped(0.0, f64::INFINITY)
    }

    /// Expected mean cost per row. Its interval covers only which rows were sampled, not their outcomes, so that it
    /// tells a shift of scores from chance.
    #[must_use]
    pub fn mean_cost(&self, price: Price) -> Option<Interval> {
        let rows = self.confusion.rows();
        let mean = self.confusion.cost(price) / rows;
        let squares = price.false_positive.powi(2) * self.squares.0 + price.false_negative.powi(2) * self.squares.1;
        (rows > 0.0).then(|| Interval::normal(mean, (squares / rows - mean * mean) / rows))
    }

    fn share(&self, value: f64, by_hit: f64, by_miss: f64) -> Option<Interval> {
        let variance = by_hit.powi(2) * self.refused + by_miss.powi(2) * self.accepted;
        value.is_finite().then(|| Interval::normal(value, variance).clamped(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Isotonic, Outcomes};

    #[test]
    fn rows_decided_against_the_threshold_change_sides() {
        let known = Outcomes::from_rows((0..100u32).map(|row| (f64::from(row) / 100.0, row % 7 < row / 20)));
        let calibration = Isotonic::fit(&known);
        let scores = [0.1, 0.3, 0.3, 0.3, 0.6, 0.9];
        let all = Ranked::new(scores.to_vec());
        // One of three rows at 0.3 was refused, and the one at 0.9 was accepted.
        let against = Ranked::new(vec![0.3, 0.9]);
        let estimate = Estimate::with_exceptions(all.expected(&calibration), 0.5, &against, 100.0);
        let chance = |score: f64| calibration.predict(score).unwrap();
        let refused = [0.3, 0.6];
        let hits: f64 = refused.into_iter().map(chance).sum();
        assert!((estimate.confusion.true_positives - hits).abs() < 1e-12);
        assert!((estimate.confusion.refused() - 2.0).abs() < 1e-12);
        assert!((estimate.confusion.rows() - 6.0).abs() < 1e-12);
        let by_threshold = Estimate::new(all.expected(&calibration), 0.5, 100.0);
        assert_eq!(estimate.auc, by_threshold.auc, "the ranking does not depend on decisions");
        assert!((by_threshold.confusion.true_positives - chance(0.6) - chance(0.9)).abs() < 1e-12);
    }
}
