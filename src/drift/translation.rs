//! All values of a feature moved by the same amount, and features that moved by the same one.
//!
//! A bell-shaped feature of other applicants moves by an amount, too. So an amount says something only if it explains the values
//! better than a shift of their ranks, as other applicants cause it, and if features on different scales share it: a reference
//! date, a time zone or a base value does that.

use std::collections::BTreeMap;

use vigie_profile::sketch::ValueDistribution;
use vigie_stats::normal_score;

use super::{
    distinct_values::DistinctValues,
    reshaped::{common_factor, median_over_quantiles},
    shape_fit::{RowChange, ShapeFit},
};

/// Amounts that differ by less, or by at most so many standard errors, may be one.
const SAME_AMOUNT: f64 = 0.05;
const SAME_ERRORS: f64 = 2.0;
/// An amount is known if it is at least this many standard errors.
const KNOWN_ERRORS: f64 = 3.0;
/// Interquartile ranges whose ratio is at least this are different scales.
const OTHER_SCALE: f64 = 1.5;

/// An amount by which all values of a feature moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Translation {
    pub by: f64,
    /// Standard error of `by`.
    pub error: f64,
    /// Interquartile range in the reference.
    pub spread: f64,
}

/// Values of a feature that moved in no other way that is known.
#[derive(Debug, Clone, Copy)]
pub struct MovedValues<'a> {
    /// The reference's sorted distinct values with their rows.
    pub reference: &'a [(f64, u64)],
    pub window: &'a ValueDistribution,
}

impl MovedValues<'_> {
    /// The amount by which all values moved; `None` if there is none, or if a factor or a shift of ranks explains more.
    #[must_use]
    pub fn translation(&self) -> Option<Translation> {
        let reference = DistinctValues::new(self.reference);
        let found = translation(&reference, self.window)?;
        let fit = ShapeFit::new(&reference, self.window, RowChange::Plus { amount: found.by })?;
        let ranks = median_over_quantiles(&reference, self.window, |q, _, to| {
            Some(normal_score::quantile(reference.middle_rank(to)) - normal_score::quantile(q))
        });
        let others = [
            common_factor(&reference, self.window).map(|factor| RowChange::By { factor, share: Some(1.0) }),
            ranks.map(|by| RowChange::Ranks { by }),
        ];
        let is_better = |other: RowChange| {
            let other = ShapeFit::new(&reference, self.window, other);
            other.is_some_and(|other| other.residual(false) < fit.residual(false))
        };
        (fit.explains_whole() && !others.into_iter().flatten().any(is_better)).then_some(found)
    }

    /// Returns whether all values may have moved by this amount: chance explains the rest, which is less than the amount
    /// explains.
    fn may_be_moved_by(&self, amount: f64) -> bool {
        let reference = DistinctValues::new(self.reference);
        let fit = ShapeFit::new(&reference, self.window, RowChange::Plus { amount });
        fit.is_some_and(|fit| fit.explains_half())
    }
}

/// The median move of the quantiles, if it is known. Its error is taken to be that of the median.
fn translation(reference: &DistinctValues<'_>, window: &ValueDistribution) -> Option<Translation> {
    let by = median_over_quantiles(reference, window, |_, from, to| Some(to - from))?;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (n, m) = (reference.rows() as f64, window.rows() as f64);
    let error_of_rank = 0.5 * (1.0 / n + 1.0 / m).sqrt();
    let between = |low: f64, high: f64| Some(reference.quantile(high)? - reference.quantile(low)?);
    let error = between(0.5 - error_of_rank, 0.5 + error_of_rank)? / 2.0;
    let spread = between(0.25, 0.75)?;
    let is_known = by.abs() >= KNOWN_ERRORS * error && by != 0.0 && spread > 0.0 && spread.is_finite();
    is_known.then_some(Translation { by, error, spread })
}

impl Translation {
    fn is_same(&self, other: &Self) -> bool {
        let error = self.error.hypot(other.error);
        (self.by - other.by).abs() <= (SAME_AMOUNT * self.by.abs().min(other.by.abs())).max(SAME_ERRORS * error)
    }
}

/// The features that moved by one amount, by index, with the amount as the feature shows it in which it is best known. At least
/// two of them are on different scales.
///
/// Features that agree with the amount, although they do not show one by themselves, belong to it.
#[must_use]
pub fn shared_amounts(moved: &BTreeMap<usize, MovedValues<'_>>) -> BTreeMap<usize, f64> {
    let mut own: Vec<(usize, Translation)> =
        moved.iter().filter_map(|(index, values)| Some((*index, values.translation()?))).collect();
    let precision = |one: &Translation| one.error / one.by.abs();
    own.sort_by(|(a, one), (b, other)| precision(one).total_cmp(&precision(other)).then(a.cmp(b)));
    let mut shared = BTreeMap::new();
    while let Some((_, first)) = own.first().copied() {
        let (same, others): (Vec<_>, Vec<_>) = own.into_iter().partition(|(_, one)| one.is_same(&first));
        own = others;
        let spreads = || same.iter().map(|(_, one)| one.spread);
        let is_shared = spreads().fold(0.0, f64::max) >= OTHER_SCALE * spreads().fold(f64::INFINITY, f64::min);
        if !is_shared {
            continue;
        }
        shared.extend(same.iter().map(|(index, _)| (*index, first.by)));
        for (index, values) in moved {
            if !shared.contains_key(index) && values.may_be_moved_by(first.by) {
                shared.insert(*index, first.by);
            }
        }
        own.retain(|(index, _)| !shared.contains_key(index));
    }
    shared
}

#[cfg(test)]
mod tests {
    use vigie_profile::sketch::Sketch;

    use super::*;

    /// Days before today, such as those of an employment: many recent ones, on this scale. The seed makes samples differ.
    fn days(rows: u32, scale: f64, seed: u32) -> Vec<f64> {
        let mut state = seed;
        let day = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (scale * (f64::from(state >> 8) / f64::from(1_u32 << 24)).max(1e-7).ln()).round()
        };
        (0..rows).map(day).collect()
    }

    fn values(mut rows: Vec<f64>) -> Vec<(f64, u64)> {
        rows.sort_unstable_by(f64::total_cmp);
        rows.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
    }

    fn distribution(rows: &[f64]) -> ValueDistribution {
        let mut sketch = Sketch::default();
        rows.iter().for_each(|value| sketch.observe(*value));
        sketch.distribution()
    }

    /// What features of these scales share, each moved in its way.
    fn shared(features: &[(f64, &dyn Fn(f64) -> f64)]) -> Vec<(usize, f64)> {
        let sides: Vec<_> = (0..)
            .zip(features)
            .map(|(number, (scale, moved))| {
                let window: Vec<f64> = days(2_000, *scale, 77 + number).into_iter().map(moved).collect();
                (values(days(20_000, *scale, 1 + number)), distribution(&window))
            })
            .collect();
        let moved = sides.iter().map(|(reference, window)| MovedValues { reference, window });
        shared_amounts(&moved.enumerate().collect()).into_iter().collect()
    }

    #[test]
    fn one_amount_on_different_scales_is_shared() {
        let late = |days: f64| days - 365.0;
        let found = shared(&[(900.0, &late), (2_300.0, &late), (1_500.0, &|days| days)]);
        assert_eq!(found.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
        assert!(found.iter().all(|(_, by)| (by + 365.0).abs() < 40.0), "{found:?}");
    }

    #[test]
    fn amounts_that_differ_and_those_of_one_scale_are_not() {
        let late = |by: f64| move |days: f64| days - by;
        assert_eq!(shared(&[(900.0, &late(365.0))]), []);
        assert_eq!(shared(&[(900.0, &late(365.0)), (2_300.0, &late(900.0))]), []);
        assert_eq!(shared(&[(900.0, &late(365.0)), (1_000.0, &late(365.0))]), [], "other applicants may do so");
        assert_eq!(shared(&[(900.0, &|days| days * 1.4), (2_300.0, &|days| days * 1.15)]), [], "two factors");
        assert_eq!(shared(&[(900.0, &|days| days), (2_300.0, &|days| days)]), []);
        assert_eq!(shared(&[]), []);
    }

    #[test]
    fn other_ranks_are_no_amount() {
        let rows = |shift: f64| -> Vec<f64> {
            let score = |row: u32| normal_score::quantile((f64::from(row) + 0.5) / 2_000.0);
            (0..2_000).map(|row| (10.0 + 0.5 * (score(row) + shift)).exp()).collect()
        };
        let (reference, window) = (values(rows(0.0)), distribution(&rows(0.3)));
        assert_eq!(MovedValues { reference: &reference, window: &window }.translation(), None);
    }
}
