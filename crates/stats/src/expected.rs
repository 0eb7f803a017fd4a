//! Expected outcomes of rows whose labels are not known, from calibrated scores.

use super::{Isotonic, Outcomes, Ranked, ScoreStep};

impl Outcomes {
    /// Expected outcomes of unlabelled rows, given their scores and a calibration.
    #[must_use]
    pub fn expected(scores: &Ranked, calibration: &Isotonic) -> Self {
        Self::from_steps(scores.expected(calibration).collect())
    }

    /// Steps of the same rows, with the outcomes that `calibration` expects in place of the known ones.
    pub fn recalibrated(&self, calibration: &Isotonic) -> impl Iterator<Item = ScoreStep> {
        let mut predict = calibration.predict_ascending();
        self.steps()
            .iter()
            .map(move |step| ScoreStep::expected(step.score, step.rows(), predict(step.score).unwrap_or(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scores() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(
            prop_oneof![any::<f64>(), -0.1..1.1f64, (0..8u8).prop_map(|eighth| f64::from(eighth) / 8.0)],
            0..200,
        )
    }

    proptest! {
        /// Ranking keeps every score bit for bit, and walking the curve gives the same as separate predictions.
        #[test]
        fn expected_outcomes_equal_separate_predictions(scores in scores(), known in scores()) {
            let known = Outcomes::from_rows(known.into_iter().enumerate().map(|(row, score)| (score, row % 3 == 0)));
            let calibration = Isotonic::fit(&known);
            let expected = Outcomes::expected(&Ranked::new(scores.clone()), &calibration);
            let mut sorted: Vec<f64> = scores.into_iter().filter(|score| !score.is_nan()).map(|score| score + 0.0).collect();
            sorted.sort_by(f64::total_cmp);
            let steps: Vec<ScoreStep> = sorted
                .chunk_by(|a, b| a.to_bits() == b.to_bits())
                .map(|same| {
                    let probability = calibration.predict(same[0]).unwrap_or(0.0);
                    let rows = f64::from(u32::try_from(same.len()).unwrap());
                    ScoreStep { score: same[0], positives: rows * probability, negatives: rows * (1.0 - probability) }
                })
                .collect();
            let bits = |steps: &[ScoreStep]| -> Vec<[u64; 3]> {
                steps.iter().map(|step| [step.score, step.positives, step.negatives].map(f64::to_bits)).collect()
            };
            prop_assert_eq!(bits(expected.steps()), bits(&steps));
        }
    }
}
