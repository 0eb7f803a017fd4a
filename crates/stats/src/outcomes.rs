//! Scores with what became of them: the one table that every figure of performance is computed from.

use std::cmp::Ordering;

use super::{Confusion, Isotonic, Ranked};

/// Rows that share a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub score: f64,
    pub positives: f64,
    pub negatives: f64,
}

impl Step {
    /// Rows each of which comes true with the same chance.
    #[must_use]
    pub fn expected(score: f64, rows: f64, chance: f64) -> Self {
        Self { score, positives: rows * chance, negatives: rows * (1.0 - chance) }
    }

    #[must_use]
    pub fn rows(&self) -> f64 {
        self.positives + self.negatives
    }
}

/// Rows by rising score, each score once. Known outcomes are whole numbers (exact below 2^53); expected ones are fractions
/// of rows, so that what is computed of known outcomes can be estimated by the same formula.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    steps: Vec<Step>,
    positives: f64,
    negatives: f64,
}

impl Outcomes {
    /// Of rows in any order; a row whose score is NaN is left out.
    #[must_use]
    pub fn of(rows: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut rows: Vec<(f64, bool)> =
            rows.into_iter().filter(|(score, _)| !score.is_nan()).map(|(score, is)| (score + 0.0, is)).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let step = |same: &[(f64, bool)]| {
            let positives = same.iter().filter(|(_, is)| *is).count();
            let score = same.first().map_or(f64::NAN, |(score, _)| *score);
            Step { score, positives: whole(positives as u64), negatives: whole((same.len() - positives) as u64) }
        };
        Self::of_steps(rows.chunk_by(|a, b| a.0.to_bits() == b.0.to_bits()).map(step).collect())
    }

    /// Of distinct scores with counts, each side sorted.
    #[must_use]
    pub fn of_counts(positives: &[(f64, u64)], negatives: &[(f64, u64)]) -> Self {
        let mut steps: Vec<Step> = Vec::with_capacity(positives.len() + negatives.len());
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
            steps.push(Step { score, positives: rows(positive), negatives: rows(negative) });
        }
        Self::of_steps(steps)
    }

    /// What is to be expected of scores whose outcomes nobody knows yet, where `calibration` says how often each score
    /// comes true.
    #[must_use]
    pub fn expected(scores: &Ranked, calibration: &Isotonic) -> Self {
        Self::of_steps(scores.expected(calibration).collect())
    }

    /// The steps of the same rows with what `calibration` expects of them instead of what is known.
    pub fn recalibrated(&self, calibration: &Isotonic) -> impl Iterator<Item = Step> {
        let mut chance_of = calibration.rising();
        self.steps.iter().map(move |step| Step::expected(step.score, step.rows(), chance_of(step.score).unwrap_or(0.0)))
    }

    /// The same rows with what their own scores promise, moved on the logit so that as many come true as did: classes that were
    /// weighted in training move all scores so. `None` where only one outcome comes.
    #[must_use]
    pub fn promised(&self) -> Option<Self> {
        const STEPS: u32 = 60;
        if !self.has_both() {
            return None;
        }
        let chance = |score: f64, moved: f64| {
            let score = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            let odds = score / (1.0 - score) * moved.exp();
            odds / (1.0 + odds)
        };
        let (mut low, mut high) = (-40.0, 40.0);
        for _ in 0..STEPS {
            let middle = f64::midpoint(low, high);
            let hits = self.steps.iter().fold(0.0, |sum, step| sum + step.rows() * chance(step.score, middle));
            if hits < self.positives { low = middle } else { high = middle }
        }
        let step = |step: &Step| Step::expected(step.score, step.rows(), chance(step.score, low));
        Some(Self::of_steps(self.steps.iter().map(step).collect()))
    }

    fn of_steps(steps: Vec<Step>) -> Self {
        let (positives, negatives) =
            steps.iter().fold((0.0, 0.0), |sums, step| (sums.0 + step.positives, sums.1 + step.negatives));
        Self { steps, positives, negatives }
    }

    /// Those below a threshold, and those at or above it: accepted, and refused.
    #[must_use]
    pub fn parted(&self, threshold: f64) -> (&[Step], &[Step]) {
        let refused = self.steps.partition_point(|step| step.score < threshold);
        self.steps.split_at_checked(refused).unwrap_or((&self.steps, &[]))
    }

    /// By rising score.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    #[must_use]
    pub fn positives(&self) -> f64 {
        self.positives
    }

    #[must_use]
    pub fn negatives(&self) -> f64 {
        self.negatives
    }

    #[must_use]
    pub fn rows(&self) -> f64 {
        self.positives + self.negatives
    }

    /// The share of positives.
    #[must_use]
    pub fn prevalence(&self) -> Option<f64> {
        (self.rows() > 0.0).then(|| self.positives / self.rows())
    }

    /// Whether both outcomes come: else nothing can be ranked.
    #[must_use]
    pub fn has_both(&self) -> bool {
        self.positives > 0.0 && self.negatives > 0.0
    }

    /// Decisions at a threshold: refused when the score is at least that.
    #[must_use]
    pub fn confusion(&self, threshold: f64) -> Confusion {
        let (accepted, refused) = self.parted(threshold);
        let sums = |steps: &[Step]| {
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

    use super::{Isotonic, Outcomes, Ranked, Step};

    fn scores() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(
            prop_oneof![any::<f64>(), -0.1..1.1f64, (0..8u8).prop_map(|eighth| f64::from(eighth) / 8.0)],
            0..200,
        )
    }

    proptest! {
        /// Ranking keeps every score, to the bit; walking the curve is asking it.
        #[test]
        fn expected_outcomes_are_those_of_each_score_alone(scores in scores(), known in scores()) {
            let known = Outcomes::of(known.into_iter().enumerate().map(|(row, score)| (score, row % 3 == 0)));
            let calibration = Isotonic::fit(&known);
            let expected = Outcomes::expected(&Ranked::of(scores.clone()), &calibration);
            let mut sorted: Vec<f64> = scores.into_iter().filter(|score| !score.is_nan()).map(|score| score + 0.0).collect();
            sorted.sort_by(f64::total_cmp);
            let steps: Vec<Step> = sorted
                .chunk_by(|a, b| a.to_bits() == b.to_bits())
                .map(|same| {
                    let chance = calibration.chance(same[0]).unwrap_or(0.0);
                    let rows = f64::from(u32::try_from(same.len()).unwrap());
                    Step { score: same[0], positives: rows * chance, negatives: rows * (1.0 - chance) }
                })
                .collect();
            let bits = |steps: &[Step]| -> Vec<[u64; 3]> {
                steps.iter().map(|step| [step.score, step.positives, step.negatives].map(f64::to_bits)).collect()
            };
            prop_assert_eq!(bits(expected.steps()), bits(&steps));
        }

        /// Counts of both outcomes are those of the rows one by one.
        #[test]
        fn outcomes_of_counts_are_those_of_the_rows(rows in prop::collection::vec((scores(), any::<bool>()), 0..20)) {
            let rows: Vec<(f64, bool)> =
                rows.into_iter().flat_map(|(scores, is)| scores.into_iter().map(move |score| (score, is))).collect();
            let counts = |wanted: bool| -> Vec<(f64, u64)> {
                let side: Vec<f64> = rows.iter().filter(|(_, is)| *is == wanted).map(|(score, _)| *score).collect();
                Ranked::of(side).each().collect()
            };
            prop_assert_eq!(Outcomes::of_counts(&counts(true), &counts(false)), Outcomes::of(rows.iter().copied()));
        }
    }
}
