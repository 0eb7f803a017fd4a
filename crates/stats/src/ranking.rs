//! Ranking quality of a score: area under the ROC curve and average precision, each with its interval.
//!
//! AUC is the share of positive–negative pairs in which the positive has the higher score; a tie counts half
//! (scikit-learn's `roc_auc_score`). Source of its variance: `DeLong`, `DeLong` & Clarke-Pearson (1988), "Comparing the
//! areas under two or more correlated receiver operating characteristic curves".

use super::{Interval, Outcomes, ScoreStep};

/// Counts of positive–negative pairs, from one pass over steps by ascending score.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pairs {
    positives: f64,
    negatives: f64,
    /// Pairs in which the positive has the higher score; a tie counts half.
    concordant: f64,
    /// Sum over positives of the squared number of negatives below.
    positive_squares: f64,
    /// Sum over negatives of the squared number of positives below.
    negative_squares: f64,
}

impl Pairs {
    pub(crate) fn add(&mut self, step: &ScoreStep) {
        let negatives_below = self.negatives + step.negatives / 2.0;
        let positives_below = self.positives + step.positives / 2.0;
        self.concordant += step.positives * negatives_below;
        self.positive_squares += step.positives * negatives_below * negatives_below;
        self.negative_squares += step.negatives * positives_below * positives_below;
        self.positives += step.positives;
        self.negatives += step.negatives;
    }

    fn count(outcomes: &Outcomes) -> Self {
        let mut pairs = Self::default();
        outcomes.steps().iter().for_each(|step| pairs.add(step));
        pairs
    }

    /// AUC; `None` unless both outcomes occur.
    pub(crate) fn auc(&self) -> Option<f64> {
        (self.positives > 0.0 && self.negatives > 0.0).then(|| self.concordant / (self.positives * self.negatives))
    }

    /// Variance of the AUC; `None` with fewer than two positives or negatives. The sum of squared deviations is
    /// computed as the sum of squares minus the square of the mean.
    pub(crate) fn variance(&self) -> Option<f64> {
        let (positives, negatives) = (self.positives, self.negatives);
        if positives < 2.0 || negatives < 2.0 {
            return None;
        }
        let auc = self.auc()?;
        let positive_part = self.positive_squares / negatives.powi(2) - positives * auc.powi(2);
        let negative_part = self.negative_squares / positives.powi(2) - negatives * (1.0 - auc).powi(2);
        let variance = |sum: f64, rows: f64| sum.max(0.0) / (rows - 1.0) / rows;
        Some(variance(positive_part, positives) + variance(negative_part, negatives))
    }
}

/// Area under the ROC curve; `None` unless both outcomes occur.
#[must_use]
pub fn auc(outcomes: &Outcomes) -> Option<f64> {
    Pairs::count(outcomes).auc()
}

/// `DeLong`'s variance of the AUC; `None` with fewer than two positives or negatives.
#[must_use]
pub fn auc_variance(outcomes: &Outcomes) -> Option<f64> {
    Pairs::count(outcomes).variance()
}

/// AUC with its 95% interval (`DeLong`, normal), limited to the range from 0 to 1.
#[must_use]
pub fn auc_interval(outcomes: &Outcomes) -> Option<Interval> {
    Some(Interval::normal(auc(outcomes)?, auc_variance(outcomes)?).clamped(0.0, 1.0))
}

/// Average precision: the mean of the precisions at all thresholds, weighted by the increase in recall (scikit-learn's
/// `average_precision_score`); `None` without positives.
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

/// Variance of the average precision; `None` with fewer than two positives.
///
/// Infinitesimal jackknife (Efron 1982; Jaeckel 1972): the sum of squared derivatives of the average precision by the
/// weight of each row. More weight on a row adds its own precision if it is positive, and changes the precision of
/// every positive below it.
#[must_use]
pub fn average_precision_variance(outcomes: &Outcomes) -> Option<f64> {
    let average = average_precision(outcomes)?;
    let positives = outcomes.positives();
    if positives < 2.0 {
        return None;
    }
    // From the lowest score up: rows at or above the score, and the influence of a row on the positives below it.
    let (mut hits, mut refused) = (positives, outcomes.rows());
    let (mut by_positive, mut by_negative, mut variance) = (0.0, 0.0, 0.0);
    for step in outcomes.steps() {
        by_positive += step.positives * (1.0 / refused - hits / refused.powi(2));
        by_negative -= step.positives * hits / refused.powi(2);
        let positive_influence = (hits / refused - average + by_positive) / positives;
        variance += step.positives * positive_influence.powi(2) + step.negatives * (by_negative / positives).powi(2);
        hits -= step.positives;
        refused -= step.positives + step.negatives;
    }
    Some(variance)
}

/// Average precision with its 95% interval (normal), limited to the range from 0 to 1.
#[must_use]
pub fn average_precision_interval(outcomes: &Outcomes) -> Option<Interval> {
    let variance = average_precision_variance(outcomes)?;
    Some(Interval::normal(average_precision(outcomes)?, variance).clamped(0.0, 1.0))
}
