//! How well a score ranks: area under the ROC curve and average precision, each with its interval.
//!
//! AUC is the share of pairs of a positive and a negative in which the positive has the higher score, ties half
//! (scikit-learn's `roc_auc_score`). Its variance: `DeLong`, `DeLong` & Clarke-Pearson (1988), "Comparing the areas under two or
//! more correlated receiver operating characteristic curves".

use super::{Interval, Outcomes, Step};

/// Pairs of a positive and a negative, counted in one walk over steps by rising score.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pairs {
    positives: f64,
    negatives: f64,
    /// Those in which the positive has the higher score, ties half.
    won: f64,
    /// Sums of squares: for each positive, of the negatives below it; for each negative, of the positives below it.
    of_positives: f64,
    of_negatives: f64,
}

impl Pairs {
    pub(crate) fn add(&mut self, step: &Step) {
        let below = self.negatives + step.negatives / 2.0;
        let under = self.positives + step.positives / 2.0;
        self.won += step.positives * below;
        self.of_positives += step.positives * below * below;
        self.of_negatives += step.negatives * under * under;
        self.positives += step.positives;
        self.negatives += step.negatives;
    }

    fn of(outcomes: &Outcomes) -> Self {
        let mut pairs = Self::default();
        outcomes.steps().iter().for_each(|step| pairs.add(step));
        pairs
    }

    /// `None` where only one outcome comes.
    pub(crate) fn auc(&self) -> Option<f64> {
        (self.positives > 0.0 && self.negatives > 0.0).then(|| self.won / (self.positives * self.negatives))
    }

    /// Of the AUC; `None` with fewer than two of either. Each place less the mean, squared, is the square of the places less
    /// that of the mean.
    pub(crate) fn variance(&self) -> Option<f64> {
        let (positives, negatives) = (self.positives, self.negatives);
        if positives < 2.0 || negatives < 2.0 {
            return None;
        }
        let auc = self.auc()?;
        let of_positives = self.of_positives / negatives.powi(2) - positives * auc.powi(2);
        let of_negatives = self.of_negatives / positives.powi(2) - negatives * (1.0 - auc).powi(2);
        let each = |sum: f64, rows: f64| sum.max(0.0) / (rows - 1.0) / rows;
        Some(each(of_positives, positives) + each(of_negatives, negatives))
    }
}

/// `None` where only one outcome comes.
#[must_use]
pub fn auc(outcomes: &Outcomes) -> Option<f64> {
    Pairs::of(outcomes).auc()
}

/// The variance of the AUC over windows of so many positives and negatives; `None` with fewer than two of either.
#[must_use]
pub fn auc_variance(outcomes: &Outcomes) -> Option<f64> {
    Pairs::of(outcomes).variance()
}

/// 95 % of windows like this one have their AUC's truth in it (`DeLong`, normal); within 0 and 1.
#[must_use]
pub fn auc_interval(outcomes: &Outcomes) -> Option<Interval> {
    Some(Interval::normal(auc(outcomes)?, auc_variance(outcomes)?).within(0.0, 1.0))
}

/// The mean of the precisions at each threshold, weighted by the recall it adds (scikit-learn's
/// `average_precision_score`); `None` where nothing is positive.
#[must_use]
pub fn average_precision(outcomes: &Outcomes) -> Option<f64> {
    if outcomes.positives() <= 0.0 {
        return None;
    }
    let (mut hits, mut refused, mut sum) = (0.0, 0.0, 0.0);
    for step in outcomes.steps().iter().rev() {
        hits += step.positives;
        refused += step.positives + step.negatives;
        sum += step.positives / outcomes.positives() * (hits / refused);
    }
    Some(sum)
}

/// The variance of the average precision over windows like this one; `None` with fewer than two positives.
///
/// The infinitesimal jackknife (Efron 1982; Jaeckel 1972): the sum of squares of what a little more weight of each row would add. A
/// row that counts more adds its own precision where it is positive, and moves the precision of every positive below it.
#[must_use]
pub fn average_precision_variance(outcomes: &Outcomes) -> Option<f64> {
    let average = average_precision(outcomes)?;
    let positives = outcomes.positives();
    if positives < 2.0 {
        return None;
    }
    // From the lowest score up: rows at or above it, and what those below pass on to a row above them.
    let (mut hits, mut refused) = (positives, outcomes.rows());
    let (mut by_positive, mut by_negative, mut variance) = (0.0, 0.0, 0.0);
    for step in outcomes.steps() {
        by_positive += step.positives * (1.0 / refused - hits / refused.powi(2));
        by_negative -= step.positives * hits / refused.powi(2);
        let of_positive = (hits / refused - average + by_positive) / positives;
        variance += step.positives * of_positive.powi(2) + step.negatives * (by_negative / positives).powi(2);
        hits -= step.positives;
        refused -= step.positives + step.negatives;
    }
    Some(variance)
}

/// 95 % of windows like this one have their average precision's truth in it (normal); within 0 and 1.
#[must_use]
pub fn average_precision_interval(outcomes: &Outcomes) -> Option<Interval> {
    let variance = average_precision_variance(outcomes)?;
    Some(Interval::normal(average_precision(outcomes)?, variance).within(0.0, 1.0))
}
