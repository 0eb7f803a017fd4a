//! A window's scores in their order.

/// Scores by rising value; NaN is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Places in the order of `f64::total_cmp`: whole numbers sort faster than scores.
    places: Vec<i64>,
}

impl Ranked {
    /// Of scores in any order.
    #[must_use]
    pub fn of(scores: &[f64]) -> Self {
        let mut places = Vec::with_capacity(scores.len());
        places.extend(scores.iter().filter(|score| !score.is_nan()).map(|score| place_of(score + 0.0)));
        places.sort_unstable();
        Self { places }
    }

    /// Each score once, with its rows.
    pub fn each(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let same = self.places.chunk_by(|a, b| a == b);
        same.map(|same| (same.first().copied().map_or(f64::NAN, score_at), same.len() as u64))
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.places.len()
    }

    /// How many different scores there are.
    #[must_use]
    pub fn distinct(&self) -> usize {
        let steps = self.places.windows(2).filter(|pair| matches!(pair, [a, b] if a != b)).count();
        steps + usize::from(!self.places.is_empty())
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
            let ranked = Ranked::of(&scores);
            let back: Vec<u64> = ranked
                .each()
                .flat_map(|(score, rows)| std::iter::repeat_n(score.to_bits(), usize::try_from(rows).unwrap()))
                .collect();
            prop_assert_eq!(back, sorted.iter().map(|score| score.to_bits()).collect::<Vec<_>>());
            prop_assert_eq!(ranked.distinct(), ranked.each().count());
        }
    }
}
