//! Where the reference's distribution function steps inside a few cells, and how many rows of a window lie at each step and
//! between them.
//!
//! An exact KS distance needs no more of the window than these counts: between two values of the reference its function stands
//! still and the window's only rises, so they are farthest apart at a step, or just before the next. So memory follows from the
//! reference, however many rows the window has.

use vigie_profile::layout::Cells;
use vigie_stats::ks;

/// The reference's distinct values in candidate cells.
pub(super) struct Steps<'a> {
    cells: &'a Cells,
    /// Ascending, with the steps of each.
    candidates: Vec<Candidate>,
    /// From this to that: where all candidates lie.
    within: (f64, f64),
    /// Counts that a tally has: before, at, and after the last of each candidate's steps.
    places: usize,
}

struct Candidate {
    cell: usize,
    /// The reference's values with counts, ascending.
    values: Vec<(f64, u64)>,
    /// Its first place in a tally.
    first: usize,
}

impl<'a> Steps<'a> {
    /// Of the reference's sorted distinct values with counts; `candidates` ascend.
    pub(super) fn new(cells: &'a Cells, candidates: &[usize], reference: &[(f64, u64)]) -> Self {
        let mut places = 0;
        let one = |&cell: &usize| {
            let (lower, upper) = cells.bounds(cell);
            // Cells leave out their lower end, but for the first, which ends nowhere.
            let from = if cell == 0 { 0 } else { reference.partition_point(|(value, _)| *value <= lower) };
            let to = reference.partition_point(|(value, _)| *value <= upper);
            let values = reference.get(from..to).unwrap_or_default().to_vec();
            let first = places;
            places += 2 * values.len() + 1;
            Candidate { cell, values, first }
        };
        let list = candidates.iter().map(one).collect();
        let bounds = |cell: Option<&usize>| cell.map_or((f64::INFINITY, f64::NEG_INFINITY), |cell| cells.bounds(*cell));
        let within = (bounds(candidates.first()).0, bounds(candidates.last()).1);
        Self { cells, candidates: list, within, places }
    }

    /// Their cells.
    pub(super) fn candidates(&self) -> impl Iterator<Item = usize> {
        self.candidates.iter().map(|candidate| candidate.cell)
    }

    /// Counts nothing yet.
    pub(super) fn tally(&self) -> Vec<u64> {
        vec![0; self.places]
    }

    /// Counts a row's value, as the model compares it, if it lies in a candidate cell. NaN does not.
    #[inline]
    pub(super) fn observe(&self, value: f64, tally: &mut [u64]) {
        let (from, to) = self.within;
        // Nearly all lie elsewhere.
        if !(value >= from && value <= to) {
            return;
        }
        let cell = self.cells.cell(value);
        let found = self.candidates.binary_search_by_key(&cell, |candidate| candidate.cell);
        let Some(Candidate { values, first, .. }) = found.ok().and_then(|place| self.candidates.get(place)) else {
            return;
        };
        let below = values.partition_point(|(step, _)| *step < value);
        let is_step = values.get(below).is_some_and(|(step, _)| *step <= value);
        if let Some(rows) = tally.get_mut(first + 2 * below + usize::from(is_step)) {
            *rows += 1;
        }
    }

    /// The largest distance inside the candidates. `below`: rows of reference and window below a cell; `totals`: all rows.
    pub(super) fn distance(&self, tally: &[u64], below: impl Fn(usize) -> (u64, u64), totals: (u64, u64)) -> f64 {
        let inside = |candidate: &Candidate| {
            let window = self.window(candidate, tally);
            ks::exact_in_cell(below(candidate.cell), totals, &candidate.values, &window)
        };
        self.candidates.iter().map(inside).fold(0.0, f64::max)
    }

    /// The window's rows in a cell, those between two steps drawn together just after the first.
    fn window(&self, candidate: &Candidate, tally: &[u64]) -> Vec<(f64, u64)> {
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
        /// Counts at and between steps give the distance that all values give, to the bit.
        #[test]
        fn the_distance_is_that_of_the_rows_themselves(reference in numbers(), window in numbers(), worths in 2u64..20) {
            let (r, w) = (distinct(&reference), distinct(&window));
            let cells = Cells::learn_coarsely(&r, Precision::F64, worths);
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
            // As many rows as were counted there: fewer or more are those of another log.
            prop_assert_eq!(tally.iter().sum::<u64>(), steps.candidates().map(|cell| in_w[cell]).sum::<u64>());
            let below = |cell: usize| (in_r.iter().take(cell).sum(), in_w.iter().take(cell).sum());
            let totals = (reference.len() as u64, window.len() as u64);
            let refined = steps.distance(&tally, below, totals).max(grid.grid);
            prop_assert_eq!(refined.to_bits(), ks::exact(&r, &w).unwrap().to_bits());
        }
    }
}
