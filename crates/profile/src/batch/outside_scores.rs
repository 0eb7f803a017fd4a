//! Scores outside 0 to 1, by size, so that a typical one can be quoted.

use std::collections::BTreeMap;

/// Scores of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SizeCount {
    rows: u64,
    /// Bits of the smallest one.
    least: u64,
}

/// Counts of scores outside 0 to 1 by size. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutsideScores(BTreeMap<i16, SizeCount>);

/// Sizes of scores above 1 and at most this: one for each whole number.
const PERCENT: f64 = 100.0;
/// Added to the magnitude of scores above [`PERCENT`].
const LARGE: i16 = 1_000;

/// Whole numbers up to 100 for what may be a percentage; magnitudes for the rest, so that there are at most 1,400 sizes.
fn size(score: f64) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "between −324 and 308 for any finite number, else saturated")]
    let magnitude = || score.abs().log10().floor().clamp(-400.0, 400.0) as i16;
    #[expect(clippy::cast_possible_truncation, reason = "from 2 to 100")]
    match score {
        percent if percent > 1.0 && percent <= PERCENT => percent.ceil() as i16,
        negative if negative < 0.0 => -LARGE - magnitude(),
        _ => LARGE + magnitude(),
    }
}

impl OutsideScores {
    /// Counts a score, which is not between 0 and 1; NaN is ignored.
    pub(super) fn add(&mut self, score: f64) {
        if !score.is_nan() {
            self.add_rows(size(score), SizeCount { rows: 1, least: score.to_bits() });
        }
    }

    fn add_rows(&mut self, size: i16, more: SizeCount) {
        let Some(ours) = self.0.get_mut(&size) else {
            self.0.insert(size, more);
            return;
        };
        ours.rows += more.rows;
        if f64::from_bits(more.least).total_cmp(&f64::from_bits(ours.least)).is_lt() {
            ours.least = more.least;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(size, more)| self.add_rows(*size, *more));
    }

    /// Number of scores.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.values().map(|count| count.rows).sum()
    }

    /// Number of scores above 1 and at most 100, as percentages are.
    #[must_use]
    pub fn percentages(&self) -> u64 {
        self.0.range(0..LARGE / 2).map(|(_, count)| count.rows).sum()
    }

    /// A score of the commonest size: the smallest one. `None` without any.
    #[must_use]
    pub fn typical(&self) -> Option<f64> {
        let commonest = self.0.iter().max_by_key(|(size, count)| (count.rows, std::cmp::Reverse(**size)));
        commonest.map(|(_, count)| f64::from_bits(count.least))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(scores: &[f64]) -> OutsideScores {
        let mut counted = OutsideScores::default();
        scores.iter().for_each(|score| counted.add(*score));
        counted
    }

    #[test]
    fn the_commonest_size_is_quoted() {
        let scores = counted(&[1.004, 36.9, 36.2, 36.5, 99.0, 100.0, -3.0, 1e300, f64::INFINITY, f64::NAN]);
        assert_eq!((scores.rows(), scores.percentages(), scores.typical()), (9, 6, Some(36.2)));
        let odds = counted(&[-2.5, -1.5, -3.5, 2.0]);
        assert_eq!((odds.percentages(), odds.typical()), (1, Some(-3.5)));
        assert_eq!(counted(&[]).typical(), None);
        assert_eq!(counted(&[7.0, 3.0]).typical(), Some(3.0), "the smallest of equally common sizes");
    }

    proptest! {
        #[test]
        fn any_split_counts_the_same(scores in prop::collection::vec(any::<f64>(), 0..200), at in 0usize..200) {
            let (one, other) = scores.split_at(at.min(scores.len()));
            let mut merged = counted(other);
            merged.merge(&counted(one));
            prop_assert_eq!(merged, counted(&scores));
        }
    }
}
