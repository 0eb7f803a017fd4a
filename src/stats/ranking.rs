//! How well a score ranks: area under the ROC curve and average precision, each with its interval.
//!
//! AUC is the share of pairs of a positive and a negative in which the positive has the higher score, ties half
//! (scikit-learn's `roc_auc_score`). Its variance: `DeLong`, `DeLong` & Clarke-Pearson (1988), "Comparing the areas under two or
//! more correlated receiver operating characteristic curves".

use super::{Interval, Outcomes, Step};

/// Pairs of a positive and a negative in which the positive has the higher score, ties half; steps by rising score.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pairs {
    /// Negatives so far.
    below: f64,
    won: f64,
}

impl Pairs {
    pub fn add(&mut self, step: &Step) {
        self.won += step.positives * (self.below + step.negatives / 2.0);
        self.below += step.negatives;
    }

    /// `None` where only one outcome comes.
    pub fn auc(self, positives: f64, negatives: f64) -> Option<f64> {
        (positives > 0.0 && negatives > 0.0).then(|| self.won / (positives * negatives))
    }
}

/// `None` where only one outcome comes.
#[must_use]
pub fn auc(outcomes: &Outcomes) -> Option<f64> {
    let mut pairs = Pairs::default();
    outcomes.steps().iter().for_each(|step| pairs.add(step));
    pairs.auc(outcomes.positives(), outcomes.negatives())
}

/// The variance of the AUC over windows of so many positives and negatives; `None` with fewer than two of either.
#[must_use]
pub fn auc_variance(outcomes: &Outcomes) -> Option<f64> {
    variance_about(auc(outcomes)?, outcomes.steps().iter().copied(), outcomes.positives(), outcomes.negatives())
}

/// The same of steps whose AUC and sums are known.
pub(super) fn variance_about(
    auc: f64,
    steps: impl Iterator<Item = Step>,
    positives: f64,
    negatives: f64,
) -> Option<f64> {
    if positives < 2.0 || negatives < 2.0 {
        return None;
    }
    let (mut below, mut under) = (0.0, 0.0);
    let (mut of_positives, mut of_negatives) = (0.0, 0.0);
    for step in steps {
        let place = (below + step.negatives / 2.0) / negatives;
        of_positives += step.positives * (place - auc).powi(2);
        let place = (positives - under - step.positives / 2.0) / positives;
        of_negatives += step.negatives * (place - auc).powi(2);
        below += step.negatives;
        under += step.positives;
    }
    Some(of_positives / (positives - 1.0) / positives + of_negatives / (negatives - 1.0) / negatives)
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
