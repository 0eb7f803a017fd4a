//! Performance without labels, from calibrated scores: confidence-based performance estimation (CBPE, as `NannyML` names it).
//!
//! Each row is expected to come true as often as its score did in the reference; sums over rows are the expected confusion
//! matrix. The bands are those of outcomes drawn so, independently: a row with chance c has variance c(1 − c). The
//! calibration was learnt on so many rows only, which adds n/N of that for a window of n and a reference of N rows. Ratios
//! by the delta method. What no band can know: whether scores still mean what they meant.

use super::{Confusion, Interval, Price, Step, ranking::Pairs};

/// Expected outcomes at a threshold, with what they leave to chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub confusion: Confusion,
    pub auc: Option<Interval>,
    /// Variance of the number of positives among the refused, and among the accepted.
    refused: f64,
    accepted: f64,
    /// Sums of squared chances: of a wrong refusal among the refused, of a wrong acceptance among the accepted.
    squares: (f64, f64),
}

/// Sums over the accepted, or the refused.
#[derive(Default)]
struct Part {
    positives: f64,
    negatives: f64,
    /// Of the number of positives.
    variance: f64,
    /// Of squared chances: to come true, and not to.
    hits: f64,
    misses: f64,
}

impl Part {
    fn add(&mut self, step: &Step) {
        let Step { positives, negatives, .. } = *step;
        let chance = positives / step.rows();
        self.positives += positives;
        self.negatives += negatives;
        self.variance += negatives * chance;
        self.hits += positives * chance;
        self.misses += negatives * (1.0 - chance);
    }
}

/// How many times the variance is that of known chances.
fn learnt(confusion: &Confusion, reference: f64) -> f64 {
    if reference > 0.0 { 1.0 + confusion.rows() / reference } else { 1.0 }
}

impl Estimate {
    /// Of steps by rising score, as [`super::Ranked::expected`] makes them; `reference`: rows that the calibration was learnt
    /// on.
    #[must_use]
    pub fn of(expected: impl Iterator<Item = Step>, threshold: f64, reference: f64) -> Self {
        let mut pairs = Pairs::default();
        let mut estimate = Self::without_auc(expected.inspect(|step| pairs.add(step)), threshold, reference);
        estimate.auc = pairs.auc().map(|auc| {
            // Infinite where it is not defined.
            let variance = pairs.variance().unwrap_or(f64::INFINITY);
            Interval::normal(auc, variance * learnt(&estimate.confusion, reference)).within(0.0, 1.0)
        });
        estimate
    }

    /// The same without an AUC, where none is asked for.
    #[must_use]
    pub fn without_auc(expected: impl Iterator<Item = Step>, threshold: f64, reference: f64) -> Self {
        let (mut accepted, mut refused) = (Part::default(), Part::default());
        for step in expected {
            let part = if step.score < threshold { &mut accepted } else { &mut refused };
            part.add(&step);
        }
        let confusion = Confusion {
            true_positives: refused.positives,
            false_positives: refused.negatives,
            true_negatives: accepted.negatives,
            false_negatives: accepted.positives,
        };
        let learnt = learnt(&confusion, reference);
        Self {
            confusion,
            auc: None,
            refused: refused.variance * learnt,
            accepted: accepted.variance * learnt,
            squares: (refused.misses, accepted.hits),
        }
    }

    #[must_use]
    pub fn recall(&self) -> Option<Interval> {
        let positives = self.confusion.positives();
        let by_hit = self.confusion.false_negatives / positives.powi(2);
        let by_miss = self.confusion.true_positives / positives.powi(2);
        self.share(self.confusion.recall()?, by_hit, by_miss)
    }

    #[must_use]
    pub fn precision(&self) -> Option<Interval> {
        self.share(self.confusion.precision()?, 1.0 / self.confusion.refused(), 0.0)
    }

    #[must_use]
    pub fn f_beta(&self, beta: f64) -> Option<Interval> {
        let value = self.confusion.f_beta(beta)?;
        let whole = beta * beta * self.confusion.positives() + self.confusion.refused();
        let by_miss = value * beta * beta / whole;
        self.share(value, (1.0 + beta * beta) / whole - by_miss, by_miss)
    }

    /// Of the window's rows together.
    #[must_use]
    pub fn cost(&self, price: Price) -> Interval {
        // One more positive among the refused is one wrong refusal less.
        let variance = price.false_positive.powi(2) * self.refused + price.false_negative.powi(2) * self.accepted;
        Interval::normal(self.confusion.cost(price), variance).within(0.0, f64::INFINITY)
    }

    /// A row's mean cost, with what the choice of rows leaves to chance: outcomes apart, which a shift of scores has no part in.
    #[must_use]
    pub fn mean_cost(&self, price: Price) -> Option<Interval> {
        let rows = self.confusion.rows();
        let mean = self.confusion.cost(price) / rows;
        let squares = price.false_positive.powi(2) * self.squares.0 + price.false_negative.powi(2) * self.squares.1;
        (rows > 0.0).then(|| Interval::normal(mean, (squares / rows - mean * mean) / rows))
    }

    fn share(&self, value: f64, by_hit: f64, by_miss: f64) -> Option<Interval> {
        let variance = by_hit.powi(2) * self.refused + by_miss.powi(2) * self.accepted;
        value.is_finite().then(|| Interval::normal(value, variance).within(0.0, 1.0))
    }
}
