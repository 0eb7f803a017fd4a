//! Sorted scores of a window.

use super::{Isotonic, ScoreStep};

/// Scores in ascending order, without NaN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranked {
    /// Scores as integers in the order of `f64::total_cmp`: integers sort faster than floats.
    keys: Vec<i64>,
}

impl Ranked {
    /// Sorts scores given in any order; reuses their memory.
    #[must_use]
    pub fn new(scores: Vec<f64>) -> Self {
        let known = scores.into_iter().filter(|score| !score.is_nan());
        let mut keys: Vec<i64> = known.map(|score| key_of(score + 0.0)).collect();
        keys.sort_unstable();
        Self { keys }
    }

    /// Distinct scores, ascending, with their numbers of rows.
    pub fn distinct(&self) -> impl Iterator<Item = (f64, u64)> {
        let same = self.keys.chunk_by(|a, b| a == b);
        same.map(|same| (same.first().copied().map_or(f64::NAN, score_of), same.len() as u64))
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.keys.len()
    }

    /// Expected outcomes of the rows under `calibration`, by ascending score. Computed on every call rather than
    /// stored, because a window has many scores and memory is dearer than the computation.
    pub fn expected(&self, calibration: &Isotonic) -> impl Iterator<Item = ScoreStep> {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let whole = |rows: u64| rows as f64;
        let mut predict = calibration.predict_ascending();
        self.distinct().map(move |(score, rows)| ScoreStep::expected(score, whole(rows), predict(score).unwrap_or(0.0)))
    }

    /// Number of rows with a score outside the range from `least` to `greatest`.
    #[must_use]
    pub fn outside(&self, least: f64, greatest: f64) -> usize {
        let (least, greatest) = (key_of(least + 0.0), key_of(greatest + 0.0));
        let below = self.keys.partition_point(|key| *key < least);
        let up_to = self.keys.partition_point(|key| *key <= greatest);
        below + self.keys.len() - up_to.max(below)
    }
}

#[expect(clippy::cast_possible_wrap, reason = "bits, not a number")]
fn key_of(score: f64) -> i64 {
    let bits = score.to_bits() as i64;
    bits ^ (bits >> 63 & i64::MAX)
}

#[expect(clippy::cast_sign_loss, reason = "bits, not a number")]
fn score_of(key: i64) -> f64 {
    f64::from_bits((key ^ (key >> 63 & i64::MAX)) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Keys keep the order of the scores and convert back to them exactly.
        #[test]
        fn scores_are_sorted_and_exact(scores in prop::collection::vec(any::<f64>(), 0..100)) {
            let mut sorted: Vec<f64> =
                scores.iter().filter(|score| !score.is_nan()).map(|score| score + 0.0).collect();
            sorted.sort_by(f64::total_cmp);
            let ranked = Ranked::new(scores);
            let back: Vec<u64> = ranked
                .distinct()
                .flat_map(|(score, rows)| std::iter::repeat_n(score.to_bits(), usize::try_from(rows).unwrap()))
                .collect();
            prop_assert_eq!(back, sorted.iter().map(|score| score.to_bits()).collect::<Vec<_>>());
            let (least, greatest) = (0.25, 1e9);
            let outside = sorted.iter().filter(|score| !(least..=greatest).contains(*score)).count();
            prop_assert_eq!(ranked.outside(least, greatest), outside);
        }
    }
}
