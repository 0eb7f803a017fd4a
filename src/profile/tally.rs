//! Counts of the rows of one column, in integers that are small and near while they grow.

#![expect(clippy::inline_always, reason = "compiled anew for each width of vectors")]

use super::{
    Moments, Scale,
    moments::Sums,
    widest::{Width, Work},
};
use crate::layout::{BLOCK, Cells, Real};

/// Cells of a feature that is counted in four tallies by turns: with few cells, equal values often follow each other,
/// and each would wait for the other's count.
const FEW: usize = 512;
/// Rows until counts of 32 bits might be full.
const FULL: usize = u32::MAX as usize - BLOCK;

/// What some values of a column add up to. Nothing but integers and ends: the order of rows does not matter.
pub(super) struct Tally<'a, T> {
    cells: &'a Cells,
    scale: &'a Scale,
    width: Width,
    stride: usize,
    /// One tally of the cells or four.
    near: Vec<u32>,
    /// Rows in `near`.
    rows: usize,
    /// What was in `near` when it was full.
    counts: Vec<u64>,
    pub present: u64,
    pub moments: Moments,
    pub least: T,
    pub greatest: T,
}

impl<'a, T: Real> Tally<'a, T> {
    pub fn new(cells: &'a Cells, scale: &'a Scale) -> Self {
        let (stride, tallies) = if cells.len() <= FEW { (cells.len(), 4) } else { (0, 1) };
        Self {
            cells,
            scale,
            width: Width::widest(),
            stride,
            near: vec![0; tallies * cells.len()],
            rows: 0,
            counts: vec![0; cells.len()],
            present: 0,
            moments: Moments::default(),
            least: T::INFINITY,
            greatest: T::NEG_INFINITY,
        }
    }

    /// Counts at most [`BLOCK`] values none of which is NaN.
    pub fn observe(&mut self, values: &[T]) {
        if self.rows > FULL {
            self.pour();
        }
        let mut sums = Sums::default();
        self.width.run(Count { values, tally: self, sums: &mut sums });
        self.moments.observe(values, &sums, self.scale);
        self.present += values.len() as u64;
        self.rows += values.len();
    }

    /// The counts by cell.
    pub fn counts(&mut self) -> &[u64] {
        self.pour();
        &self.counts
    }

    fn pour(&mut self) {
        for tally in self.near.chunks(self.cells.len()) {
            self.counts.iter_mut().zip(tally).for_each(|(count, more)| *count += u64::from(*more));
        }
        self.near.fill(0);
        self.rows = 0;
    }
}

/// Each step is a loop of its own over a block that stays in the nearest cache.
struct Count<'a, 'b, T> {
    values: &'a [T],
    tally: &'a mut Tally<'b, T>,
    sums: &'a mut Sums,
}

impl<T: Real> Work for Count<'_, '_, T> {
    #[inline(always)]
    fn run(self) {
        let tally = self.tally;
        let (least, greatest) = ends(self.values);
        tally.least = if least < tally.least { least } else { tally.least };
        tally.greatest = if greatest > tally.greatest { greatest } else { tally.greatest };
        tally.cells.tally(self.values, tally.stride, &mut tally.near);
        *self.sums = Sums::of(self.values, tally.scale);
    }
}

/// The least and the greatest of values none of which is NaN.
#[inline(always)]
fn ends<T: Real>(values: &[T]) -> (T, T) {
    const LANES: usize = 16;
    let mut least = [T::INFINITY; LANES];
    let mut greatest = [T::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    for (lane, value) in chunks.remainder().iter().enumerate() {
        if let (Some(least), Some(greatest)) = (least.get_mut(lane), greatest.get_mut(lane)) {
            (*least, *greatest) = (*value, *value);
        }
    }
    for chunk in chunks {
        for ((least, greatest), value) in least.iter_mut().zip(&mut greatest).zip(chunk) {
            *least = if *value < *least { *value } else { *least };
            *greatest = if *value > *greatest { *value } else { *greatest };
        }
    }
    let lesser = |a: T, b: T| if b < a { b } else { a };
    let greater = |a: T, b: T| if b > a { b } else { a };
    (least.into_iter().fold(T::INFINITY, lesser), greatest.into_iter().fold(T::NEG_INFINITY, greater))
}

/// Values until there are enough to be counted together, those that are missing left out.
pub(super) struct Block<T> {
    values: [T; BLOCK],
    filled: usize,
}

impl<T: Real> Block<T> {
    pub fn new() -> Self {
        Self { values: [T::default(); BLOCK], filled: 0 }
    }

    /// A value, or NaN or nothing. No branch but the rare one: which values are missing cannot be foreseen.
    #[inline(always)]
    pub fn push(&mut self, value: T, is_valid: bool, tally: &mut Tally<'_, T>) {
        if let Some(place) = self.values.get_mut(self.filled) {
            *place = value;
        }
        self.filled += usize::from(is_valid & !value.is_nan());
        if self.filled == BLOCK {
            tally.observe(&self.values);
            self.filled = 0;
        }
    }

    /// Counts what is left.
    pub fn finish(self, tally: &mut Tally<'_, T>) {
        if let Some(rest) = self.values.get(..self.filled) {
            tally.observe(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::Precision;

    /// Every width makes of the values what is made of them one by one, with nothing but the definitions.
    fn same<T: Real>(edges: &[f64], values: &[T]) -> Result<(), TestCaseError> {
        let cells = Cells::from_parts(edges.to_vec(), Vec::new(), Vec::new());
        let scale = crate::profile::scale(&cells);
        let mut wanted = vec![0u64; cells.len()];
        values.iter().for_each(|value| wanted[edges.partition_point(|edge| *edge < (*value).into())] += 1);
        let mut moments = Moments::default();
        values.iter().for_each(|value| moments.observe(&[*value], &Sums::of(&[*value], &scale), &scale));
        let wide = values.iter().map(|value| (*value).into());
        let ends = (wide.clone().fold(f64::INFINITY, f64::min), wide.fold(f64::NEG_INFINITY, f64::max));
        for width in [Width::Plain, Width::Avx2].into_iter().filter(|width| width.is_there()) {
            let mut tally = Tally::new(&cells, &scale);
            tally.width = width;
            values.chunks(BLOCK).for_each(|values| tally.observe(values));
            prop_assert_eq!(tally.counts(), &wanted, "{:?}", width);
            prop_assert_eq!(tally.moments, moments, "{:?}", width);
            prop_assert_eq!((tally.least.into(), tally.greatest.into()), ends, "{:?}", width);
        }
        Ok(())
    }

    fn sorted(mut edges: Vec<f64>) -> Vec<f64> {
        edges.retain(|edge| !edge.is_nan());
        edges.iter_mut().for_each(|edge| *edge += 0.0);
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        edges
    }

    /// Any bits (infinities, both zeros, subnormals), small whole numbers, and numbers that lie close together.
    fn numbers(most: usize) -> impl Strategy<Value = Vec<f64>> {
        let number = prop_oneof![
            prop::num::f64::ANY,
            prop::num::f32::ANY.prop_map(f64::from),
            (-4i32..4).prop_map(f64::from),
            -3.0f64..3.0,
            Just(-0.0),
            Just(f64::INFINITY),
        ];
        prop::collection::vec(number, 0..most)
    }

    proptest! {
        #[test]
        fn every_width_counts_what_is_there(edges in numbers(400), values in numbers(3_000)) {
            let edges = sorted(edges);
            let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            same(&edges, &values)?;
            let singles: Vec<f32> = values.iter().chain(&edges).map(|value| f32::of(Precision::F32.round(*value))).collect();
            same(&edges, &singles)?;
        }
    }

    #[test]
    fn values_on_edges_and_beside_them() {
        let edges: Vec<f64> = (0..3_000).map(|edge| f64::from(edge) * 0.37 - 300.0).collect();
        let near = edges.iter().flat_map(|edge| [*edge, edge.next_up(), edge.next_down()]);
        same(&edges, &near.collect::<Vec<f64>>()).unwrap();
        let singles = edges.iter().map(|edge| f32::of(*edge)).flat_map(|edge| [edge, edge.next_up(), edge.next_down()]);
        same(&edges, &singles.collect::<Vec<f32>>()).unwrap();
    }
}
