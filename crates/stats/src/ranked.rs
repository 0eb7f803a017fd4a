//! A window's scores in their order.

use super::{Isotonic, Step};

/// Scores by rising value; NaN is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Places in the order of `f64::total_cmp`: whole numbers sort faster than scores.
    places: Vec<i64>,
}

impl Ranked {
    /// Of scores in any order, whose memory it takes over.
    #[must_use]
    pub fn of(scores: Vec<f64>) -> Self {
        let known = scores.into_iter().filter(|score| !score.is_nan());
        let mut places: Vec<i64> = known.map(|score| place_of(score + 0.0)).collect();
        places.sort_unstable();
        Self { places }
    }

    /// Each score once, with its rows.
    pub fn each(&self) -> impl Iterator<Item = (f64, u64)> {
        let same = self.places.chunk_by(|a, b| a == b);
        same.map(|same| (same.first().copied().map_or(f64::NAN, score_at), same.len() as u64))
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.places.len()
    }

    /// What is to be expected of them, where `calibration` says how often each score comes true. Made anew whenever it is
    /// asked for: a window's scores are many, and memory costs more than the curve.
    pub fn expected(&self, calibration: &Isotonic) -> impl Iterator<Item = Step> {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let whole = |rows: u64| rows as f64;
        let mut chance_of = calibration.rising();
        self.each().map(move |(score, rows)| Step::expected(score, whole(rows), chance_of(score).unwrap_or(0.0)))
    }

    /// Rows with a score outside these.
    #[must_use]
    pub fn beyond(&self, least: f64, greatest: f64) -> usize {
        let (least, greatest) = (place_of(least + 0.0), place_of(greatest + 0.0));
        let below = self.places.partition_point(|place| *place < least);
        let upto = self.places.partition_point(|place| *place <= greatest);
        below + self.places.len() - upto.max(below)
    }
}

#[expect(clippy::cast_possible_wrap, reason = "bits, not a number")]
fn place_of(score: f64) -> i64 {
    let bits = score.to_bits() as i64;
    bits ^ (bits >> 63 & i64::MAX)
}

#[expect(clippy::cast_sign_loss, reason = "bits, not a number")]
fn score_at(place: i64) -> f64 {
    f64::from_bits((place ^ (place >> 63 & i64::MAX)) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Places keep the order, and come back to the bit.
        #[test]
        fn scores_come_back_in_their_order(scores in prop::collection::vec(any::<f64>(), 0..100)) {
            let mut sorted: Vec<f64> =
                scores.iter().filter(|score| !score.is_nan()).map(|score| score + 0.0).collect();
            sorted.sort_by(f64::total_cmp);
            let ranked = Ranked::of(scores);
            let back: Vec<u64> = ranked
                .each()
                .flat_map(|(score, rows)| std::iter::repeat_n(score.to_bits(), usize::try_from(rows).unwrap()))
                .collect();
            prop_assert_eq!(back, sorted.iter().map(|score| score.to_bits()).collect::<Vec<_>>());
            let (least, greatest) = (0.25, 1e9);
            let outside = sorted.iter().filter(|score| !(least..=greatest).contains(*score)).count();
            prop_assert_eq!(ranked.beyond(least, greatest), outside);
        }
    }
}
