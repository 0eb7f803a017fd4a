//! Scores with their outcomes: the table from which all performance metrics are computed.

use std::cmp::Ordering;

use super::{Confusion, ScoreStep};

/// Outcomes by ascending score, each distinct score once. Known outcomes are whole numbers (exact below 2^53); expected
/// outcomes are fractional, so that metrics of known outcomes can be estimated with the same formulas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    steps: Vec<ScoreStep>,
    positives: f64,
    negatives: f64,
}

impl Outcomes {
    /// Collects scored rows in any order; `true` is a positive. Rows with a NaN score are left out.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut rows: Vec<(f64, bool)> =
            rows.into_iter().filter(|(score, _)| !score.is_nan()).map(|(score, label)| (score + 0.0, label)).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let step = |same: &[(f64, bool)]| {
            let positives = same.iter().filter(|(_, label)| *label).count();
            let score = same.first().map_or(f64::NAN, |(score, _)| *score);
            ScoreStep { score, positives: whole(positives as u64), negatives: whole((same.len() - positives) as u64) }
        };
        Self::from_steps(rows.chunk_by(|a, b| a.0.to_bits() == b.0.to_bits()).map(step).collect())
    }

    /// Merges the distinct scores of positives and negatives with their counts, each side sorted ascending.
    #[must_use]
    pub fn from_counts(positives: &[(f64, u64)], negatives: &[(f64, u64)]) -> Self {
        let mut steps: Vec<ScoreStep> = Vec::with_capacity(positives.len() + negatives.len());
        let (mut ours, mut theirs) = (positives.iter().peekable(), negatives.iter().peekable());
        loop {
            let order = match (ours.peek(), theirs.peek()) {
                (Some((one, _)), Some((other, _))) => one.total_cmp(other),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let positive = ours.next_if(|_| order.is_le());
            let negative = theirs.next_if(|_| order.is_ge());
            let score = positive.or(negative).map_or(f64::NAN, |(score, _)| *score);
            let rows = |side: Option<&(f64, u64)>| side.map_or(0.0, |(_, rows)| whole(*rows));
            steps.push(ScoreStep { score, positives: rows(positive), negatives: rows(negative) });
        }
        Self::from_steps(steps)
    }

    /// Outcomes that the scores themselves imply when read as probabilities, after a shift of all log odds that makes
    /// the expected number of positives equal the observed one (class weights in training shift scores this way).
    /// `None` unless both outcomes occur.
    #[must_use]
    pub fn implied_by_scores(&self) -> Option<Self> {
        const BISECTIONS: u32 = 60;
        if !self.has_both() {
            return None;
        }
        let probability = |score: f64, shift: f64| {
            let score = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            let odds = score / (1.0 - score) * shift.exp();
            odds / (1.0 + odds)
        };
        let (mut low, mut high) = (-40.0, 40.0);
        for _ in 0..BISECTIONS {
            let middle = f64::midpoint(low, high);
            let hits = self.steps.iter().fold(0.0, |sum, step| sum + step.rows() * probability(step.score, middle));
            if hits < self.positives { low = middle } else { high = middle }
        }
        let step = |step: &ScoreStep| ScoreStep::expected(step.score, step.rows(), probability(step.score, low));
        Some(Self::from_steps(self.steps.iter().map(step).collect()))
    }

    pub(super) fn from_steps(steps: Vec<ScoreStep>) -> Self {
        let (positives, negatives) =
            steps.iter().fold((0.0, 0.0), |sums, step| (sums.0 + step.positives, sums.1 + step.negatives));
        Self { steps, positives, negatives }
    }

    /// Splits the steps into those below a threshold (accepted) and those at or above it (refused).
    #[must_use]
    pub fn split_at_threshold(&self, threshold: f64) -> (&[ScoreStep], &[ScoreStep]) {
        let refused = self.steps.partition_point(|step| step.score < threshold);
        self.steps.split_at_checked(refused).unwrap_or((&self.steps, &[]))
    }

    /// Steps by ascending score.
    #[must_use]
    pub fn steps(&self) -> &[ScoreStep] {
        &self.steps
    }

    /// Number of positives.
    #[must_use]
    pub fn positives(&self) -> f64 {
        self.positives
    }

    /// Number of negatives.
    #[must_use]
    pub fn negatives(&self) -> f64 {
        self.negatives
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> f64 {
        self.positives + self.negatives
    }

    /// Share of positives; `None` without rows.
    #[must_use]
    pub fn prevalence(&self) -> Option<f64> {
        (self.rows() > 0.0).then(|| self.positives / self.rows())
    }

    /// Whether there are both positives and negatives; otherwise there is nothing to rank.
    #[must_use]
    pub fn has_both(&self) -> bool {
        self.positives > 0.0 && self.negatives > 0.0
    }

    /// Confusion matrix at a threshold: rows with a score at or above it are refused.
    #[must_use]
    pub fn confusion(&self, threshold: f64) -> Confusion {
        let (accepted, refused) = self.split_at_threshold(threshold);
        let sums = |steps: &[ScoreStep]| {
            steps.iter().fold((0.0, 0.0), |sums, step| (sums.0 + step.positives, sums.1 + step.negatives))
        };
        let ((false_negatives, true_negatives), (true_positives, false_positives)) = (sums(accepted), sums(refused));
        Confusion { true_positives, false_positives, true_negatives, false_negatives }
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn whole(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Outcomes;
    use crate::Ranked;

    fn scores() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(
            prop_oneof![any::<f64>(), -0.1..1.1f64, (0..8u8).prop_map(|eighth| f64::from(eighth) / 8.0)],
            0..200,
        )
    }

    proptest! {
        #[test]
        fn counts_and_rows_give_the_same_outcomes(rows in prop::collection::vec((scores(), any::<bool>()), 0..20)) {
            let rows: Vec<(f64, bool)> = rows
                .into_iter()
                .flat_map(|(scores, label)| scores.into_iter().map(move |score| (score, label)))
                .collect();
            let counts = |positive: bool| -> Vec<(f64, u64)> {
                let side: Vec<f64> = rows.iter().filter(|(_, label)| *label == positive).map(|(score, _)| *score).collect();
                Ranked::new(side).distinct().collect()
            };
            prop_assert_eq!(Outcomes::from_counts(&counts(true), &counts(false)), Outcomes::from_rows(rows.iter().copied()));
        }
    }
}
