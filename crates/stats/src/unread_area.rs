//! What must be read, in addition to the counts per cell, to know the first Wasserstein distance exactly.

use super::{
    binned::{AreaRange, Areas, BinnedPair, CellRows},
    wasserstein::area,
};

/// One of the two areas between the distribution functions, as far as it depends on where the values are inside cells.
///
/// The distance follows from one area and the difference of the means; see [`super::wasserstein_bounds::bounds`].
#[derive(Debug, Clone, PartialEq)]
pub struct UnreadArea {
    above: Above,
    totals: (u64, u64),
    /// Area outside `cells`.
    known: f64,
    /// Cells whose values must be read, ascending.
    pub cells: Vec<UnreadCell>,
    /// Rows of the reference and of the window in these cells.
    pub rows: (u64, u64),
}

/// A cell whose values must be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnreadCell {
    /// Its index.
    pub cell: usize,
    /// Its part of the range of both sides.
    extent: (f64, f64),
    /// Rows of the reference and of the window below it.
    before: (u64, u64),
}

/// The distribution function that is above the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    Reference,
    Window,
}

impl UnreadArea {
    /// Chooses the area for which fewer rows must be read. `None` when a side has no rows or a value is not finite.
    #[must_use]
    pub fn new(pair: &BinnedPair<'_>) -> Option<Self> {
        if !pair.is_measurable() {
            return None;
        }
        let scale = pair.scale();
        let empty = |above| Self { above, totals: pair.totals(), known: 0.0, cells: Vec::new(), rows: (0, 0) };
        let (mut ours, mut theirs) = (empty(Above::Reference), empty(Above::Window));
        pair.for_each_cell(|cell| {
            let mut areas = Areas::default();
            cell.add_areas(scale, &mut areas);
            ours.add(cell, areas.reference_above);
            theirs.add(cell, areas.window_above);
        });
        let rows = |area: &Self| area.rows.0 + area.rows.1;
        Some(if rows(&ours) < rows(&theirs) { ours } else { theirs })
    }

    fn add(&mut self, cell: &CellRows, area: AreaRange) {
        if area.least >= area.most {
            self.known += area.most;
        } else {
            self.cells.push(UnreadCell { cell: cell.cell, extent: cell.extent, before: cell.before });
            self.rows = (self.rows.0 + cell.rows.0, self.rows.1 + cell.rows.1);
        }
    }

    /// The area inside one of the cells, from the sorted values in the cell with their counts.
    #[must_use]
    pub fn area_in(&self, cell: &UnreadCell, reference: &[(f64, u64)], window: &[(f64, u64)]) -> f64 {
        let part = |difference: i128| match self.above {
            Above::Reference => difference.max(0),
            Above::Window => difference.saturating_neg().max(0),
        };
        area(cell.extent, cell.before, self.totals, reference, window, part)
    }

    /// The distance, from the sum of [`Self::area_in`] over all cells and from the window's mean minus the reference's.
    #[must_use]
    pub fn distance(&self, inside: f64, mean_difference: f64) -> f64 {
        let moved = match self.above {
            Above::Reference => -mean_difference,
            Above::Window => mean_difference,
        };
        (moved + 2.0 * (self.known + inside)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{BinnedSample, real::real, wasserstein::wasserstein, wasserstein_bounds::bounds};

    fn counted(mut values: Vec<f64>) -> Vec<(f64, u64)> {
        values.iter_mut().for_each(|value| *value += 0.0);
        values.sort_unstable_by(f64::total_cmp);
        values.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
    }

    /// Edges as `vigie_profile::layout::Cells` has them: the reference's ends, some of its values, some of them alone.
    fn edges(reference: &[(f64, u64)], every: usize) -> Vec<f64> {
        let mut edges = vec![reference[0].0.next_down(), reference[reference.len() - 1].0];
        for (value, count) in reference.iter().step_by(every) {
            edges.push(*value);
            if *count > 1 {
                edges.push(value.next_down());
            }
        }
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        edges
    }

    fn by_cell(values: &[(f64, u64)], edges: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; edges.len() + 1];
        values.iter().for_each(|(value, rows)| counts[edges.partition_point(|edge| edge < value)] += rows);
        counts
    }

    fn mean(values: &[(f64, u64)]) -> f64 {
        let rows: u64 = values.iter().map(|(_, rows)| rows).sum();
        values.iter().map(|(value, rows)| value * real(*rows)).sum::<f64>() / real(rows)
    }

    /// Integers, reals and heavy tails.
    fn values() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            (-9_i32..9).prop_map(f64::from),
            -10.0_f64..10.0,
            (-3.0_f64..12.0).prop_map(f64::exp),
            Just(0.1),
            Just(-0.0),
        ];
        prop::collection::vec(value, 1..400)
    }

    proptest! {
        /// The exact distance is between the bounds, and reading the cells makes it known.
        #[test]
        fn bounds_contain_the_distance_and_reading_cells_makes_it_exact(
            reference in values(),
            window in values(),
            every in 1_usize..40,
            by in prop_oneof![Just(0.0), -30.0_f64..30.0],
            knows_means in any::<bool>(),
        ) {
            let (r, w) = (counted(reference), counted(window.iter().map(|value| value + by).collect()));
            let edges = edges(&r, every);
            let (in_r, in_w) = (by_cell(&r, &edges), by_cell(&w, &edges));
            let single: Vec<bool> =
                (0..=edges.len()).map(|cell| cell > 0 && cell < edges.len() && edges[cell].next_down() <= edges[cell - 1]).collect();
            let sample = |counts, values: &[(f64, u64)]| BinnedSample {
                counts,
                range: (values[0].0, values[values.len() - 1].0),
                mean: knows_means.then(|| (mean(values), 1e-11 * values[values.len() - 1].0.abs().max(values[0].0.abs()))),
            };
            let pair =
                BinnedPair { edges: &edges, single: &single, reference: sample(&in_r, &r), window: sample(&in_w, &w) };
            let expected = wasserstein(&r, &w).unwrap();
            let got = bounds(&pair).unwrap();
            let rounding = 1e-13 * expected;
            prop_assert!(got.lower <= got.value && got.value <= got.upper, "{:?}", got);
            if got.exact {
                prop_assert!((got.value - expected).abs() <= 1e-9 * expected, "{:?} {}", got, expected);
            } else {
                prop_assert!(got.lower <= expected + rounding && expected - rounding <= got.upper, "{:?} {}", got, expected);
            }

            let unread = UnreadArea::new(&pair).unwrap();
            let inside = |values: &[(f64, u64)], cell: usize| -> Vec<(f64, u64)> {
                values.iter().copied().filter(|(value, _)| edges.partition_point(|edge| edge < value) == cell).collect()
            };
            let area = |cell: &UnreadCell| unread.area_in(cell, &inside(&r, cell.cell), &inside(&w, cell.cell));
            let area: f64 = unread.cells.iter().map(area).sum();
            let rows = |counts: &[u64]| unread.cells.iter().map(|cell| counts[cell.cell]).sum::<u64>();
            prop_assert_eq!(unread.rows, (rows(&in_r), rows(&in_w)));
            let distance = unread.distance(area, mean(&w) - mean(&r));
            // The means are sums of a few hundred values, rounded.
            let rounding = 1e-13 * (mean(&r).abs() + mean(&w).abs() + expected) + 1e-12 * expected;
            prop_assert!((distance - expected).abs() <= rounding.max(1e-12), "{} {}", distance, expected);
        }

        /// A window that is larger everywhere leaves almost nothing to read.
        #[test]
        fn a_shifted_window_needs_no_values(reference in prop::collection::vec(0.0_f64..1.0, 10..300), every in 1_usize..10) {
            let r = counted(reference);
            let w: Vec<(f64, u64)> = r.iter().map(|(value, rows)| (value + 2.0, *rows)).collect();
            let edges = edges(&r, every);
            let (in_r, in_w) = (by_cell(&r, &edges), by_cell(&w, &edges));
            let sample = |counts, values: &[(f64, u64)]| BinnedSample {
                counts,
                range: (values[0].0, values[values.len() - 1].0),
                mean: None,
            };
            let pair = BinnedPair { edges: &edges, single: &[], reference: sample(&in_r, &r), window: sample(&in_w, &w) };
            let unread = UnreadArea::new(&pair).unwrap();
            prop_assert_eq!((unread.cells.len(), unread.rows), (0, (0, 0)));
            prop_assert!((unread.distance(0.0, mean(&w) - mean(&r)) - 2.0).abs() < 1e-9);
        }
    }
}
