//! Reads what the exact Wasserstein distance of a feature needs in addition to its counts: the mean of its values, and
//! the values in the cells that leave open where one distribution function is above the other.

use vigie_profile::layout::Cells;
use vigie_stats::UnreadArea;

use super::fixed_sum::{FixedScale, FixedSum};

/// Reads one feature.
pub(super) struct AreaReader<'a> {
    cells: &'a Cells,
    unread: UnreadArea,
    /// By cell: whether its values are read.
    is_read: Vec<bool>,
    /// Range that contains all cells that are read.
    within: (f64, f64),
    /// Values of the reference with their counts, by cell that is read.
    reference: Vec<Vec<(f64, u64)>>,
    scale: FixedScale,
    reference_sum: FixedSum,
}

/// What was read of a window.
#[derive(Debug, Default)]
pub(super) struct AreaTally {
    sum: FixedSum,
    /// In any order.
    values: Vec<f64>,
}

impl AreaTally {
    pub(super) fn merge(&mut self, other: Self) {
        self.sum.merge(other.sum);
        self.values.extend(other.values);
    }
}

impl<'a> AreaReader<'a> {
    /// `reference` holds all sorted distinct values of the reference with their counts; no value of either side is
    /// outside `range`. `None` if the values are too small to be summed.
    pub(super) fn new(
        cells: &'a Cells,
        unread: UnreadArea,
        reference: &[(f64, u64)],
        range: (f64, f64),
    ) -> Option<Self> {
        let scale = FixedScale::new(range.0.abs().max(range.1.abs()))?;
        let mut is_read = vec![false; cells.len()];
        let mut within = (f64::INFINITY, f64::NEG_INFINITY);
        let mut inside = Vec::with_capacity(unread.cells.len());
        for cell in unread.cells.iter().map(|cell| cell.cell) {
            let (lower, upper) = cells.bounds(cell);
            within = (within.0.min(lower), within.1.max(upper));
            if let Some(is_read) = is_read.get_mut(cell) {
                *is_read = true;
            }
            let from = reference.partition_point(|(value, _)| *value <= lower);
            let to = reference.partition_point(|(value, _)| *value <= upper);
            inside.push(reference.get(from..to).unwrap_or_default().to_vec());
        }
        let mut reference_sum = FixedSum::default();
        reference.iter().for_each(|(value, rows)| reference_sum.add(*value, *rows, scale));
        Some(Self { cells, unread, is_read, within, reference: inside, scale, reference_sum })
    }

    /// Reads a value, in the precision of the model; NaN is ignored.
    #[inline]
    pub(super) fn observe(&self, value: f64, tally: &mut AreaTally) {
        if value.is_nan() {
            return;
        }
        tally.sum.add(value, 1, self.scale);
        let (from, to) = self.within;
        if value > from && value <= to && self.is_read.get(self.cells.cell(value)).copied().unwrap_or(false) {
            tally.values.push(value);
        }
    }

    /// Rows in the cells that are read, as counted in the first pass.
    pub(super) fn expected_rows(&self) -> u64 {
        self.unread.rows.1
    }

    /// The exact distance; `None` if the rows are not those of the first pass, which found `present` values.
    pub(super) fn distance(&self, mut tally: AreaTally, present: u64) -> Option<f64> {
        if tally.sum.rows() != present || tally.values.len() as u64 != self.expected_rows() {
            return None;
        }
        tally.values.sort_unstable_by(f64::total_cmp);
        let mut rest = tally.values.as_slice();
        let mut inside = 0.0;
        for (cell, reference) in self.unread.cells.iter().zip(&self.reference) {
            let upper = self.cells.bounds(cell.cell).1;
            let (values, after) = rest.split_at(rest.partition_point(|value| *value <= upper));
            let window: Vec<(f64, u64)> = values.iter().map(|value| (*value, 1)).collect();
            inside += self.unread.area_in(cell, reference, &window);
            rest = after;
        }
        Some(self.unread.distance(inside, tally.sum.mean_difference(self.reference_sum, self.scale)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_profile::layout::Precision;
    use vigie_stats::{BinnedPair, BinnedSample, wasserstein::wasserstein};

    use super::*;

    fn distinct(values: &[f64]) -> Vec<(f64, u64)> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
    }

    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        let number = prop_oneof![
            (-20i32..20).prop_map(f64::from),
            -20.0f64..20.0,
            (0.0f64..15.0).prop_map(f64::exp),
            Just(1e12 + 0.1),
            Just(-0.25),
        ];
        prop::collection::vec(number, 1..300)
    }

    proptest! {
        /// From the cells that are read and the sums, on two threads, as from all values.
        #[test]
        fn reading_some_cells_gives_the_distance_of_all_values(
            reference in numbers(),
            window in numbers(),
            by in prop_oneof![Just(0.0), -50.0f64..50.0],
            resolution in 2u64..30,
        ) {
            let window: Vec<f64> = window.iter().map(|value| value + by + 0.0).collect();
            let (r, w) = (distinct(&reference), distinct(&window));
            let cells = Cells::learn_with_resolution(&r, Precision::F64, resolution);
            let by_cell = |values: &[(f64, u64)]| {
                let mut counts = vec![0; cells.len()];
                values.iter().for_each(|(value, rows)| counts[cells.cell(*value)] += rows);
                counts
            };
            let single: Vec<bool> = (0..cells.len()).map(|cell| cells.is_single(cell, Precision::F64)).collect();
            let (in_r, in_w) = (by_cell(&r), by_cell(&w));
            let ends = |values: &[(f64, u64)]| (values[0].0, values[values.len() - 1].0);
            let sample = |counts, range| BinnedSample { counts, range, mean: None };
            let pair = BinnedPair {
                edges: cells.edges(),
                single: &single,
                reference: sample(&in_r, ends(&r)),
                window: sample(&in_w, ends(&w)),
            };
            let range = (ends(&r).0.min(ends(&w).0), ends(&r).1.max(ends(&w).1));
            let reader = AreaReader::new(&cells, UnreadArea::new(&pair).unwrap(), &r, range).unwrap();
            let (mut one, mut other) = (AreaTally::default(), AreaTally::default());
            for (row, value) in window.iter().chain(&[f64::NAN]).enumerate() {
                reader.observe(*value, if row % 3 == 0 { &mut one } else { &mut other });
            }
            other.merge(one);
            let expected = wasserstein(&r, &w).unwrap();
            let got = reader.distance(other, window.len() as u64).unwrap();
            let rounding = 1e-12 * expected + 1e-15 * (range.1 - range.0);
            prop_assert!((got - expected).abs() <= rounding, "{} {}", got, expected);
            // One row fewer: the log has changed.
            let mut fewer = AreaTally::default();
            window.iter().skip(1).for_each(|value| reader.observe(*value, &mut fewer));
            prop_assert_eq!(reader.distance(fewer, window.len() as u64), None);
        }
    }
}
