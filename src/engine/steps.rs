//! Counts of a window's rows at and between the steps of the reference's distribution function, inside candidate cells.
//!
//! These counts suffice for an exact KS distance: between two values of the reference its distribution function is
//! constant and that of the window only rises, so the distance is largest at a step or just before the next one. Memory
//! therefore depends on the reference only, however many rows the window has.

use vigie_profile::layout::Cells;
use vigie_stats::ks;

/// Distinct values of the reference in candidate cells.
pub(super) struct Steps<'a> {
    cells: &'a Cells,
    /// Candidate cells, ascending.
    candidates: Vec<CandidateCell>,
    /// Range that contains all candidates.
    within: (f64, f64),
    /// Length of a tally: for each candidate one count before and one at each step, and one after the last.
    places: usize,
}

struct CandidateCell {
    cell: usize,
    /// Values of the reference with their counts, ascending.
    values: Vec<(f64, u64)>,
    /// Index of the cell's first count in a tally.
    first: usize,
}

impl<'a> Steps<'a> {
    /// Selects the steps in `candidates` (ascending) from the reference's sorted distinct values with counts.
    pub(super) fn new(cells: &'a Cells, candidates: &[usize], reference: &[(f64, u64)]) -> Self {
        let mut places = 0;
        let one = |&cell: &usize| {
            let (lower, upper) = cells.bounds(cell);
            // Cells exclude their lower bound, except for the first, which is unbounded.
            let from = if cell == 0 { 0 } else { reference.partition_point(|(value, _)| *value <= lower) };
            let to = reference.partition_point(|(value, _)| *value <= upper);
            let values = reference.get(from..to).unwrap_or_default().to_vec();
            let first = places;
            places += 2 * values.len() + 1;
            CandidateCell { cell, values, first }
        };
        let list = candidates.iter().map(one).collect();
        let bounds = |cell: Option<&usize>| cell.map_or((f64::INFINITY, f64::NEG_INFINITY), |cell| cells.bounds(*cell));
        let within = (bounds(candidates.first()).0, bounds(candidates.last()).1);
        Self { cells, candidates: list, within, places }
    }

    /// Candidate cells.
    pub(super) fn candidates(&self) -> impl Iterator<Item = usize> {
        self.candidates.iter().map(|candidate| candidate.cell)
    }

    /// Creates an empty tally.
    pub(super) fn tally(&self) -> Vec<u64> {
        vec![0; self.places]
    }

    /// Counts a value, in the precision of the model, if it is in a candidate cell; NaN is ignored.
    #[inline]
    pub(super) fn observe(&self, value: f64, tally: &mut [u64]) {
        let (from, to) = self.within;
        // Nearly all values are outside the candidates.
        if !(value >= from && value <= to) {
            return;
        }
        let cell = self.cells.cell(value);
        let found = self.candidates.binary_search_by_key(&cell, |candidate| candidate.cell);
        let Some(CandidateCell { values, first, .. }) = found.ok().and_then(|place| self.candidates.get(place)) else {
            return;
        };
        let below = values.partition_point(|(step, _)| *step < value);
        let is_step = values.get(below).is_some_and(|(step, _)| *step <= value);
        if let Some(rows) = tally.get_mut(first + 2 * below + usize::from(is_step)) {
            *rows += 1;
        }
    }

    /// Largest distance inside the candidates. `below` returns the numbers of reference and window rows below a cell;
    /// `totals` are those of all rows.
    pub(super) fn distance(&self, tally: &[u64], below: impl Fn(usize) -> (u64, u64), totals: (u64, u64)) -> f64 {
        let inside = |candidate: &CandidateCell| {
            let window = self.window(candidate, tally);
            ks::exact_in_cell(below(candidate.cell), totals, &candidate.values, &window)
        };
        self.candidates.iter().map(inside).fold(0.0, f64::max)
    }

    /// The window's rows in a cell, with all rows between two steps placed just after the first one.
    fn window(&self, candidate: &CandidateCell, tally: &[u64]) -> Vec<(f64, u64)> {
        let mut rows = tally.iter().skip(candidate.first).copied();
        let mut before = self.cells.bounds(candidate.cell).0;
        let mut window = Vec::new();
        for (step, _) in &candidate.values {
            window.extend(rows.next().map(|between| (before.next_up(), between)).filter(|(_, rows)| *rows > 0));
            window.extend(rows.next().map(|at| (*step, at)).filter(|(_, rows)| *rows > 0));
            before = *step;
        }
        window.extend(rows.next().map(|after| (before.next_up(), after)).filter(|(_, rows)| *rows > 0));
        window
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_profile::layout::Precision;

    use super::*;

    fn distinct(values: &[f64]) -> Vec<(f64, u64)> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
    }

    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        let number =
            prop_oneof![(-20i32..20).prop_map(f64::from), -20.0f64..20.0, Just(f64::INFINITY), Just(f64::NEG_INFINITY)];
        prop::collection::vec(number, 1..300)
    }

    proptest! {
        /// The distance from counts at and between steps equals that from all values, bit for bit.
        #[test]
        fn distance_from_steps_equals_distance_from_rows(reference in numbers(), window in numbers(), resolution in 2u64..20) {
            let (r, w) = (distinct(&reference), distinct(&window));
            let cells = Cells::learn_with_resolution(&r, Precision::F64, resolution);
            let by_cell = |values: &[(f64, u64)]| {
                let mut counts = vec![0; cells.len()];
                values.iter().for_each(|(value, rows)| counts[cells.cell(*value)] += rows);
                counts
            };
            let single: Vec<bool> = (0..cells.len()).map(|cell| cells.is_single(cell, Precision::F64)).collect();
            let (in_r, in_w) = (by_cell(&r), by_cell(&w));
            let grid = ks::grid(&in_r, &in_w, &single).unwrap();
            let steps = Steps::new(&cells, &grid.candidates, &r);
            let mut tally = steps.tally();
            window.iter().for_each(|value| steps.observe(*value, &mut tally));
            steps.observe(f64::NAN, &mut tally);
            // The same number of rows as was counted there; any other number means that the log has changed.
            prop_assert_eq!(tally.iter().sum::<u64>(), steps.candidates().map(|cell| in_w[cell]).sum::<u64>());
            let below = |cell: usize| (in_r.iter().take(cell).sum(), in_w.iter().take(cell).sum());
            let totals = (reference.len() as u64, window.len() as u64);
            let refined = steps.distance(&tally, below, totals).max(grid.grid);
            prop_assert_eq!(refined.to_bits(), ks::exact(&r, &w).unwrap().to_bits());
        }
    }
}
