//! Values of a window that are rare in the reference, and whether a change of some rows explains them.
//!
//! If few rows changed, a distribution function moves by less than the sampling noise of all the others: with 5% of 700 rows in
//! another unit by 0.05, where chance alone moves it by 0.03. But where the reference has hardly any values, nearly all of the
//! window's are of rows that changed. They are compared among themselves: how many they are, by the binomial distribution, and
//! how they are distributed, by the Kolmogorov–Smirnov distance of their own number.

use super::{
    MixturePoint,
    mixture::{MIN_GAIN, possible_residual},
    proportion::binomial_test,
    real::real,
};

/// Largest probability of so many rare values by chance.
const MAX_P: f64 = 1e-6;
/// Rare values that the reference may have had by chance beyond those that it has.
const MORE_BY_CHANCE: f64 = 3.0;

/// The values below a low bound and above a high one, as a mixture of the reference's and of those of rows that changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RarePart {
    /// Share of all rows that changed, from 0 to 1.
    pub share: f64,
    /// Largest distance between the distribution functions of the window's rare values and of the mixture's.
    pub residual: f64,
    /// Largest distance between those of the mixture's rare values and of the reference's; 1 if the reference has none.
    pub reach: f64,
    /// Share of rare values on each side.
    rare: MixturePoint,
}

impl RarePart {
    /// Compares the rare values. `below` and `above` are points of the distribution functions below the low bound and above the
    /// high one, `bounds` those at the bounds. The share follows from the number of rare values, unless it is known. `None` if
    /// the window has no rare values, or no more of them than the reference can explain.
    #[must_use]
    pub fn fit(
        below: &[MixturePoint],
        above: &[MixturePoint],
        bounds: (MixturePoint, MixturePoint),
        share: Option<f64>,
    ) -> Option<Self> {
        let (low, high) = bounds;
        // Rare values up to a point above the high bound.
        let up_to = |point: &MixturePoint| MixturePoint {
            window: low.window + point.window - high.window,
            reference: low.reference + point.reference - high.reference,
            changed: low.changed + point.changed - high.changed,
        };
        let rare = up_to(&MixturePoint { window: 1.0, reference: 1.0, changed: 1.0 });
        if rare.window <= 0.0 || rare.changed <= rare.reference || rare.window <= rare.reference {
            return None;
        }
        let share = share.unwrap_or((rare.window - rare.reference) / (rare.changed - rare.reference)).clamp(0.0, 1.0);
        let mixed = |point: &MixturePoint| (1.0 - share) * point.reference + share * point.changed;
        if mixed(&rare) <= 0.0 {
            return None;
        }
        let (mut residual, mut reach) = (0.0_f64, 0.0_f64);
        for point in below.iter().copied().chain([low]).chain(above.iter().map(up_to)) {
            let mixture = mixed(&point) / mixed(&rare);
            residual = residual.max((point.window / rare.window - mixture).abs());
            reach = reach.max((point.reference / rare.reference - mixture).abs());
        }
        // Without rare values of the reference, its distribution function there is not defined.
        let reach = if rare.reference > 0.0 { reach } else { 1.0 };
        Some(Self { share, residual, reach, rare })
    }

    /// Returns whether the window of `m` values has more rare values than chance allows against a reference of `n` values, and
    /// whether the rows that changed explain them: as far as chance allows, and better than the reference's own rare values.
    #[must_use]
    pub fn is_accepted(&self, n: u64, m: u64) -> bool {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of rows")]
        let rows = (self.rare.window * real(m)).round() as u64;
        let by_chance = self.rare.reference + MORE_BY_CHANCE / real(n).max(1.0);
        binomial_test(rows, m, by_chance) <= MAX_P
            && self.residual <= possible_residual(self.rare.changed * real(n), real(rows))
            && self.reach >= MIN_GAIN * self.residual
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::real::length;

    fn share_up_to(values: &[u8], at: u8) -> f64 {
        length(values.iter().filter(|value| **value <= at).count()) / length(values.len())
    }

    /// Distances between the distribution functions of rare values, from their frequencies one after the other.
    fn distances(rare: impl Iterator<Item = u8>, of: [&[u8]; 3], share: f64) -> Option<(f64, f64)> {
        let frequency =
            |values: &[u8], at: u8| length(values.split(|value| *value == at).count() - 1) / length(values.len());
        let each: Vec<[f64; 3]> = rare
            .map(|value| {
                let [window, reference, changed] = of.map(|values| frequency(values, value));
                [window, reference, (1.0 - share) * reference + share * changed]
            })
            .collect();
        let whole: [f64; 3] = [0, 1, 2].map(|side| each.iter().map(|one| one[side]).sum());
        let (mut up_to, mut residual, mut reach) = ([0.0; 3], 0.0_f64, 0.0_f64);
        for one in &each {
            (0..3).for_each(|side| up_to[side] += one[side] / whole[side]);
            residual = residual.max((up_to[0] - up_to[2]).abs());
            reach = reach.max((up_to[1] - up_to[2]).abs());
        }
        (whole[1] > 0.0).then_some((residual, reach))
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_rare_values_alone(
            window in prop::collection::vec(0_u8..40, 1..80),
            reference in prop::collection::vec(0_u8..40, 1..80),
            changed in prop::collection::vec(0_u8..40, 1..80),
            low in 0_u8..20,
            high in 20_u8..39,
            share in prop::option::of(0.01_f64..1.0),
        ) {
            let point = |at: u8| MixturePoint {
                window: share_up_to(&window, at),
                reference: share_up_to(&reference, at),
                changed: share_up_to(&changed, at),
            };
            let below: Vec<MixturePoint> = (0..=low).map(point).collect();
            let above: Vec<MixturePoint> = (high + 1..40).map(point).collect();
            if let Some(part) = RarePart::fit(&below, &above, (point(low), point(high)), share) {
                let rare = (0..=low).chain(high + 1..40);
                prop_assert!(share.is_none_or(|share| (share - part.share).abs() < 1e-12));
                if let Some((residual, reach)) = distances(rare, [&window, &reference, &changed], part.share) {
                    prop_assert!((part.residual - residual).abs() < 1e-9, "{:?} {}", part, residual);
                    prop_assert!((part.reach - reach).abs() < 1e-9, "{:?} {}", part, reach);
                } else {
                    prop_assert!((part.reach - 1.0).abs() < 1e-12);
                }
            }
        }
    }

    /// Uniform numbers, by `SplitMix64`.
    struct Uniform(u64);

    impl Uniform {
        fn draw(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            crate::real::real((mixed ^ (mixed >> 31)) >> 11) / crate::real::real(1 << 53)
        }
    }

    /// Accepted of 500 windows of 700 rows from 0 to 1, of which 35 are from 10 on and `wide`, if those that changed are from 10
    /// to 11.
    fn accepted(changed: usize, wide: f64) -> usize {
        let mut uniform = Uniform(7);
        let draw = |uniform: &mut Uniform| {
            let mut window: Vec<f64> =
                (0..700).map(|row| if row < changed { 10.0 + wide * uniform.draw() } else { uniform.draw() }).collect();
            window.sort_unstable_by(f64::total_cmp);
            let point = |at: f64| MixturePoint {
                window: length(window.partition_point(|value| *value <= at)) / 700.0,
                reference: at.clamp(0.0, 1.0),
                changed: (at - 10.0).clamp(0.0, 1.0),
            };
            let steps =
                |from: f64, to: f64| (1..=100_u32).map(move |step| from + (to - from) * f64::from(step) / 100.0);
            let below: Vec<MixturePoint> = steps(0.0, 0.005).map(point).collect();
            let above: Vec<MixturePoint> = steps(0.995, 1.0).chain(steps(10.0, 11.0)).map(point).collect();
            let part = RarePart::fit(&below, &above, (point(0.005), point(0.995)), None);
            part.is_some_and(|part| part.is_accepted(20_000, 700) && (part.share - 0.05).abs() < 0.02)
        };
        (0..500).filter(|_| draw(&mut uniform)).count()
    }

    #[test]
    fn few_rows_that_changed_are_recognised_by_their_own_distribution() {
        assert!(accepted(35, 1.0) >= 495, "at most one in 1,000 is further away by chance");
        assert_eq!(accepted(0, 1.0), 0, "nothing changed");
        assert_eq!(accepted(35, 0.4), 0, "another distribution, at the same place");
    }
}
