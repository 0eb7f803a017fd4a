//! First Wasserstein distance from counts per cell: an interval that contains it, and an estimate.

use super::{
    binned::{Areas, BinnedPair, BinnedSample},
    real::real,
};

/// Bound of the relative rounding error of a sum over all cells: 5 terms each, of at most 2¹⁵ cells.
const ROUNDING: f64 = 2e-11;
/// A distance known to this relative width counts as exact.
const EXACT: f64 = 3e-10;

/// What counts per cell reveal about a distance: `lower ≤ distance ≤ upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceBounds {
    /// Estimate between the bounds.
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
    /// The bounds agree to nine digits; both are then set to `value`.
    pub exact: bool,
}

/// Bounds of the distance `∫ |F_ref − F_win| dx` from counts per cell, and an estimate.
///
/// In a cell, `F_ref − F_win` is lowest if all of the window's rows are at the lower end and all of the reference's at
/// the upper end, and highest in the reverse case. Both over the width of the cell bound the area `P` in which the
/// reference's function is above, the area `N` in which the window's is above, and the distance `P + N`. As `P − N` is
/// the difference of the means `d = mean_win − mean_ref`, the distance is also `d + 2N` and `2P − d`: if a distribution
/// has moved in one direction everywhere, `P` or `N` is 0 for any values inside the cells, and the distance is
/// the difference of the means.
///
/// The estimate is the distance if the rows of a side are at the same fraction of the width of every cell, which
/// follows from its mean. `None` when a side has no rows or a value is not finite.
#[must_use]
pub fn bounds(pair: &BinnedPair<'_>) -> Option<DistanceBounds> {
    if !pair.is_measurable() {
        return None;
    }
    let scale = pair.scale();
    let (mut areas, mut ours, mut theirs) = (Areas::default(), MeanPlace::default(), MeanPlace::default());
    pair.for_each_cell(|cell| {
        cell.add_areas(scale, &mut areas);
        ours.add(cell.rows.0, cell.places.0);
        theirs.add(cell.rows.1, cell.places.1);
    });
    let (lower, upper) = interval(pair, &areas);
    if !upper.is_finite() {
        return None;
    }
    let (n, m) = pair.totals();
    let fractions = (ours.fraction(&pair.reference, n), theirs.fraction(&pair.window, m));
    let mut value = 0.0;
    pair.for_each_cell(|cell| value += cell.area_at(fractions, scale));
    let value = value.max(lower).min(upper);
    let exact = upper - lower <= EXACT * lower;
    let (lower, upper) = if exact { (value, value) } else { (lower, upper) };
    Some(DistanceBounds { value, lower, upper, exact })
}

fn interval(pair: &BinnedPair<'_>, areas: &Areas) -> (f64, f64) {
    let Areas { reference_above, window_above, most } = *areas;
    let mut lower = (reference_above.least + window_above.least) * (1.0 - ROUNDING);
    let mut upper = most * (1.0 + ROUNDING);
    if let (Some((ours, our_error)), Some((theirs, their_error))) = (pair.reference.mean, pair.window.mean) {
        let error = our_error + their_error + f64::EPSILON * (ours.abs() + theirs.abs());
        for (moved, area) in [(theirs - ours, window_above), (ours - theirs, reference_above)] {
            lower = lower.max(moved - error + 2.0 * area.least * (1.0 - ROUNDING));
            upper = upper.min(moved + error + 2.0 * area.most * (1.0 + ROUNDING));
        }
    }
    let upper = upper.max(0.0);
    (lower.min(upper), upper)
}

/// Where the rows of a side are in their cells, on average.
#[derive(Default)]
struct MeanPlace {
    /// Sum over the rows of the smallest possible value.
    least: f64,
    /// Sum over the rows of the largest minus the smallest possible value.
    spread: f64,
}

impl MeanPlace {
    #[inline]
    fn add(&mut self, rows: u64, place: (f64, f64)) {
        if rows > 0 {
            self.least += real(rows) * place.0;
            self.spread += real(rows) * (place.1 - place.0);
        }
    }

    /// The fraction that results in the side's mean; the middle if the mean is unknown.
    fn fraction(&self, sample: &BinnedSample<'_>, rows: u64) -> f64 {
        let fraction = sample.mean.map_or(0.5, |(mean, _)| (real(rows) * mean - self.least) / self.spread);
        if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.5 }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn sample(counts: &[u64], range: (f64, f64), mean: f64) -> BinnedSample<'_> {
        BinnedSample { counts, range, mean: Some((mean, 0.0)) }
    }

    fn without_means<'a>(pair: BinnedPair<'a>) -> BinnedPair<'a> {
        let without = |sample: BinnedSample<'a>| BinnedSample { mean: None, ..sample };
        BinnedPair { reference: without(pair.reference), window: without(pair.window), ..pair }
    }

    /// Cells (0, 10], (10, 20]: all rows move from the first to the second, by 5 on average.
    #[test]
    fn a_shift_in_one_direction_is_the_difference_of_the_means() {
        let reference = sample(&[0, 4, 0, 0], (1.0, 10.0), 7.0);
        let window = sample(&[0, 0, 4, 0], (10.5, 20.0), 12.0);
        let pair = BinnedPair { edges: &[0.0, 10.0, 20.0], single: &[false; 4], reference, window };
        let got = bounds(&pair).unwrap();
        assert!(got.exact && got.lower == got.value && got.value == got.upper);
        assert!((got.value - 5.0).abs() < 1e-14);
        // Without means, the rows may move from 10 to 10.5, or from 1 to 20.
        let wide = bounds(&without_means(pair)).unwrap();
        assert!(!wide.exact);
        assert!((wide.lower - 0.5).abs() < 1e-9 && (wide.upper - 19.0).abs() < 1e-9, "{wide:?}");
        assert!(wide.lower < wide.value && wide.value < wide.upper);
    }

    #[test]
    fn cells_of_a_single_value_leave_nothing_open() {
        let edges = [1.0_f64.next_down(), 1.0, 2.0_f64.next_down(), 2.0];
        let (reference, window) =
            (sample(&[0, 3, 0, 1, 0], (1.0, 2.0), 1.25), sample(&[0, 1, 0, 3, 0], (1.0, 2.0), 1.75));
        let pair = BinnedPair { edges: &edges, single: &[false, true, false, true, false], reference, window };
        for pair in [pair, without_means(pair)] {
            let got = bounds(&pair).unwrap();
            assert!(got.exact);
            assert!((got.value - 0.5).abs() < 1e-12);
        }
        let same = BinnedPair { window: reference, ..pair };
        assert_eq!(bounds(&same), Some(DistanceBounds { value: 0.0, lower: 0.0, upper: 0.0, exact: true }));
    }

    /// The reference has values at 0 and 100 only. All of the window's are 50, which its minimum and maximum show.
    #[test]
    fn a_window_inside_a_gap_of_the_reference_is_measured_by_its_range() {
        let (reference, window) =
            (sample(&[0, 1, 1, 0], (0.0, 100.0), 50.0), sample(&[0, 0, 2, 0], (50.0, 50.0), 50.0));
        let pair = BinnedPair {
            edges: &[0.0_f64.next_down(), 0.0, 100.0],
            single: &[false, true, false, false],
            reference,
            window,
        };
        let got = bounds(&without_means(pair)).unwrap();
        // The other row of the reference is in (0, 100]: the functions differ by ½ to 1 up to 50, by 0 to ½ above.
        assert!((got.lower - 25.0).abs() < 1e-8 && (got.upper - 75.0).abs() < 1e-8, "{got:?}");
    }

    #[test]
    fn without_rows_or_finite_values_there_are_no_bounds() {
        let (some, none) = (sample(&[1, 1], (0.0, 1.0), 0.5), sample(&[0, 0], (f64::INFINITY, f64::NEG_INFINITY), 0.0));
        let pair = |reference, window| BinnedPair { edges: &[0.5], single: &[false; 2], reference, window };
        assert_eq!(bounds(&pair(some, none)), None);
        assert_eq!(bounds(&pair(none, some)), None);
        assert_eq!(bounds(&pair(some, sample(&[1, 1], (0.0, f64::INFINITY), f64::INFINITY))), None);
        assert_eq!(bounds(&pair(some, sample(&[1, 1], (f64::MIN, f64::MAX), 0.0))), None);
        assert!(bounds(&pair(some, some)).is_some());
    }
}
