//! Two-sample Kolmogorov–Smirnov test: bounds of the distance from counts per cell, the exact distance, and the
//! p-value.

use std::cmp::Ordering;

use super::{
    kolmogorov,
    real::{real, total},
};

/// Bounds of the distance `D` from counts per cell: `grid ≤ D ≤ bound`.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Largest distance at the end of a cell.
    pub grid: f64,
    /// Upper bound of the distance for any values of the rows inside their cells.
    pub bound: f64,
    /// Cells, in order, inside which the distance may exceed `grid`.
    pub candidates: Vec<usize>,
}

/// Empirical distribution functions of both samples at one value: rows up to the value, and all rows.
#[derive(Clone, Copy)]
struct EcdfPair {
    seen: (u64, u64),
    totals: (u64, u64),
}

impl EcdfPair {
    fn new(totals: (u64, u64)) -> Option<Self> {
        (totals.0 > 0 && totals.1 > 0).then_some(Self { seen: (0, 0), totals })
    }

    fn add(&mut self, reference: u64, window: u64) {
        self.seen = (self.seen.0.saturating_add(reference), self.seen.1.saturating_add(window));
    }

    fn reference(self) -> f64 {
        real(self.seen.0) / real(self.totals.0)
    }

    fn window(self) -> f64 {
        real(self.seen.1) / real(self.totals.1)
    }

    fn distance(self) -> f64 {
        (self.reference() - self.window()).abs()
    }
}

/// Bounds `D = sup |F_ref − F_win|` from counts per cell, in value order; `single[i]` means that cell `i` can hold only
/// one value.
///
/// `grid` is the largest difference at the end of a cell. Inside a cell with rows of both sides the difference is at
/// most `max(F_ref(end) − F_win(start), F_win(end) − F_ref(start))`; in a cell with rows of one side only, or with a
/// single possible value, it cannot exceed the difference at its ends. `None` when a side has no rows. Source:
/// monotonicity of both functions.
#[must_use]
pub fn grid(reference: &[u64], window: &[u64], single: &[bool]) -> Option<Grid> {
    let mut ecdfs = EcdfPair::new((total(reference), total(window)))?;
    let mut largest = 0.0_f64;
    let mut inside = Vec::new();
    let mut start = (0.0, 0.0);
    for (cell, (in_reference, in_window)) in super::real::columns(reference, window).enumerate() {
        ecdfs.add(in_reference, in_window);
        let end = (ecdfs.reference(), ecdfs.window());
        largest = largest.max((end.0 - end.1).abs());
        if in_reference > 0 && in_window > 0 && !single.get(cell).copied().unwrap_or(false) {
            inside.push((cell, (end.0 - start.1).max(end.1 - start.0)));
        }
        start = end;
    }
    inside.retain(|&(_, reach)| reach > largest);
    Some(Grid {
        grid: largest,
        bound: inside.iter().fold(largest, |bound, &(_, reach)| bound.max(reach)),
        candidates: inside.into_iter().map(|(cell, _)| cell).collect(),
    })
}

/// Largest `|F_ref − F_win|` at the distinct values inside one cell.
///
/// `before` holds the numbers of reference and window rows below the cell, `totals` those of all rows; `reference` and
/// `window` are the cell's distinct values with their counts, ascending. 0 when a side has no rows at all. Source: see
/// [`exact`].
#[must_use]
pub fn exact_in_cell(before: (u64, u64), totals: (u64, u64), reference: &[(f64, u64)], window: &[(f64, u64)]) -> f64 {
    let Some(mut ecdfs) = EcdfPair::new(totals) else { return 0.0 };
    ecdfs.add(before.0, before.1);
    let (mut reference, mut window) = (reference.iter().peekable(), window.iter().peekable());
    let mut largest = 0.0_f64;
    loop {
        let value = match (reference.peek(), window.peek()) {
            (Some(&&(r, _)), Some(&&(w, _))) => {
                if order(r, w).is_le() {
                    r
                } else {
                    w
                }
            }
            (Some(&&(only, _)), None) | (None, Some(&&(only, _))) => only,
            (None, None) => return largest,
        };
        while let Some(&(_, count)) = reference.next_if(|entry| order(entry.0, value).is_eq()) {
            ecdfs.add(count, 0);
        }
        while let Some(&(_, count)) = window.next_if(|entry| order(entry.0, value).is_eq()) {
            ecdfs.add(0, count);
        }
        largest = largest.max(ecdfs.distance());
    }
}

/// Two-sample Kolmogorov–Smirnov statistic `D = sup |F_ref − F_win|` from sorted distinct values with their counts.
///
/// The distribution functions are right-continuous, which defines the treatment of ties; the result is equal to
/// `scipy.stats.ks_2samp(..., method="asymp").statistic` bit for bit. `None` when a side has no rows. Source: Smirnov
/// (1939).
#[must_use]
pub fn exact(reference: &[(f64, u64)], window: &[(f64, u64)]) -> Option<f64> {
    let rows = |side: &[(f64, u64)]| side.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.1));
    let totals = (rows(reference), rows(window));
    (totals.0 > 0 && totals.1 > 0).then(|| exact_in_cell((0, 0), totals, reference, window))
}

/// Probability that samples of `n` and `m` rows from one continuous distribution have a distance of `d` or more.
///
/// `kstwo.sf(d, round(n·m / (n + m)))`, with halves rounded to even as scipy does for `method="asymp"`. Conservative
/// under ties. `None` when a side has no rows, both have one row, or `d` is NaN. Source: Simard and L'Ecuyer (2011).
#[must_use]
pub fn p_value(d: f64, n: u64, m: u64) -> Option<f64> {
    let (large, small) = (real(n.max(m)), real(n.min(m)));
    let rows = (large * small / (large + small)).round_ties_even();
    if d.is_nan() || rows.is_nan() || rows < 1.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and half of a u64")]
    let rows = rows as u64;
    Some(kolmogorov::survival(rows, d))
}

/// Order of values in which `-0.0` equals `0.0`, as for `<`.
fn order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.total_cmp(&right))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are bit-identical")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::real::length;

    fn distinct(values: &[u8]) -> Vec<(f64, u64)> {
        (0..=u8::MAX)
            .map(|value| (f64::from(value), values.iter().map(|&other| u64::from(other == value)).sum()))
            .filter(|entry| entry.1 > 0)
            .collect()
    }

    /// Counts in cells of `width` integers each.
    fn cells(values: &[u8], width: u8) -> Vec<u64> {
        let mut counts = vec![0; usize::from(u8::MAX / width) + 1];
        for value in values {
            counts[usize::from(value / width)] += 1;
        }
        counts
    }

    #[test]
    fn distance_without_overlap_is_one() {
        assert_eq!(exact(&[(1.0, 3)], &[(2.0, 5)]), Some(1.0));
    }

    #[test]
    fn negative_zero_equals_zero() {
        assert_eq!(exact(&[(-0.0, 1), (0.0, 1)], &[(0.0, 7)]), Some(0.0));
    }

    #[test]
    fn an_empty_side_has_no_distance() {
        assert_eq!(exact(&[], &[(1.0, 1)]), None);
        assert_eq!(grid(&[0], &[1], &[false]), None);
        assert_eq!(p_value(0.1, 0, 10), None);
        assert_eq!(p_value(f64::NAN, 10, 10), None);
        assert_eq!(p_value(0.1, 1, 1), None, "the effective size rounds to 0");
        assert_eq!(exact_in_cell((0, 0), (0, 5), &[], &[(1.0, 5)]), 0.0);
    }

    #[test]
    fn only_cells_that_can_exceed_the_grid_are_candidates() {
        let got = grid(&[10, 10, 80], &[10, 30, 60], &[false, false, true]).unwrap();
        assert_eq!((got.grid, got.bound), (0.2, 0.4 - 0.1));
        assert_eq!(got.candidates, [1]);
    }

    proptest! {
        #[test]
        fn the_exact_distance_is_between_grid_and_bound(
            reference in prop::collection::vec(any::<u8>(), 1..200),
            window in prop::collection::vec(any::<u8>(), 1..200),
            width in 1_u8..100,
        ) {
            let (r, w) = (distinct(&reference), distinct(&window));
            let (in_r, in_w) = (cells(&reference, width), cells(&window, width));
            let got = grid(&in_r, &in_w, &vec![width == 1; 256]).unwrap();
            let d = exact(&r, &w).unwrap();
            prop_assert!(got.grid <= d && d <= got.bound, "{} {} {}", got.grid, d, got.bound);

            // Refining only the candidate cells gives the same distance.
            let mut refined = got.grid;
            for &cell in &got.candidates {
                let range = length(usize::from(width) * cell)..length(usize::from(width) * (cell + 1));
                let inside = |side: &[(f64, u64)]| -> Vec<(f64, u64)> {
                    side.iter().copied().filter(|entry| range.contains(&entry.0)).collect()
                };
                let before = (in_r[..cell].iter().sum(), in_w[..cell].iter().sum());
                let totals = (reference.len() as u64, window.len() as u64);
                refined = refined.max(exact_in_cell(before, totals, &inside(&r), &inside(&w)));
            }
            prop_assert_eq!(refined, d);
        }

        #[test]
        fn any_values_give_a_distance(
            reference in prop::collection::vec((prop::num::f64::ANY, any::<u64>()), 0..20),
            window in prop::collection::vec((prop::num::f64::ANY, any::<u64>()), 0..20),
        ) {
            prop_assert!(exact(&reference, &window).is_none_or(|d| (0.0..=1.0).contains(&d)));
        }

        #[test]
        fn any_numbers_give_a_probability(d in prop::num::f64::ANY, n in any::<u64>(), m in any::<u64>()) {
            prop_assert!(p_value(d, n, m).is_none_or(|p| (0.0..=1.0).contains(&p)));
        }
    }
}
