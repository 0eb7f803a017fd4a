//! Counts of the rows of one column, in integers that are small and near while they grow.

#![expect(clippy::inline_always, reason = "compiled anew for each width of vectors")]

use std::cell::Cell;

use arrow_buffer::BooleanBuffer;

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

thread_local! {
    /// A thread's memory for counting, used again for the next column; zero between two of them.
    static NEAR: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

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
    /// Where `near` is added to.
    counts: &'a mut [u64],
    found: Found<T>,
}

/// What they add up to beside the counts of the cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<T> {
    pub present: u64,
    pub moments: Moments,
    pub least: T,
    pub greatest: T,
}

impl<'a, T: Real> Tally<'a, T> {
    /// `counts`, by cell, are added to when the tally ends.
    pub(super) fn new(cells: &'a Cells, scale: &'a Scale, counts: &'a mut [u64]) -> Self {
        let (stride, tallies) = if cells.len() <= FEW { (cells.len(), 4) } else { (0, 1) };
        let mut near = NEAR.take();
        near.resize(tallies * cells.len(), 0);
        Self {
            cells,
            scale,
            width: Width::widest(),
            stride,
            near,
            rows: 0,
            counts,
            found: Found { present: 0, moments: Moments::default(), least: T::INFINITY, greatest: T::NEG_INFINITY },
        }
    }

    /// Counts at most [`BLOCK`] values none of which is NaN.
    pub(super) fn observe(&mut self, values: &[T]) {
        if self.rows > FULL {
            self.pour();
        }
        let mut sums = Sums::default();
        self.width.run(Count { values, tally: self, sums: &mut sums });
        self.found.moments.observe(values, &sums, self.scale);
        self.found.present += values.len() as u64;
        self.rows += values.len();
    }

    /// Counts values as they lie in a column, NaN being none.
    pub(super) fn observe_all(&mut self, values: &[T], block: &mut Block<T>) {
        for values in values.chunks(BLOCK) {
            let mut has_nan = false;
            self.width.run(HasNan { values, has_nan: &mut has_nan });
            if has_nan {
                self.width.run(Fill { values, valid: None, block, tally: self });
            } else {
                self.observe(values);
            }
        }
    }

    /// Counts those values that are valid and no NaN.
    pub(super) fn observe_valid(&mut self, values: &[T], valid: &BooleanBuffer, block: &mut Block<T>) {
        self.width.run(Fill { values, valid: Some(valid), block, tally: self });
    }

    fn pour(&mut self) {
        for tally in self.near.chunks_mut(self.cells.len()) {
            for (count, more) in self.counts.iter_mut().zip(tally) {
                *count += u64::from(std::mem::take(more));
            }
        }
        self.rows = 0;
    }
}

impl<T> Drop for Tally<'_, T> {
    fn drop(&mut self) {
        if self.rows > 0 {
            self.near.fill(0);
        }
        NEAR.set(std::mem::take(&mut self.near));
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
        let found = &mut tally.found;
        found.least = if least < found.least { least } else { found.least };
        found.greatest = if greatest > found.greatest { greatest } else { found.greatest };
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

/// Whether any value is NaN.
struct HasNan<'a, T> {
    values: &'a [T],
    has_nan: &'a mut bool,
}

impl<T: Real> Work for HasNan<'_, T> {
    #[inline(always)]
    fn run(self) {
        *self.has_nan = self.values.iter().fold(false, |any, value| any | value.is_nan());
    }
}

/// Values taken up together, so that a word of the bits that say which are valid is looked at once.
const WORD: usize = 64;

/// Values until there are enough to be counted together, those that are missing left out.
pub(super) struct Block<T> {
    values: [T; 2 * BLOCK],
    filled: usize,
}

impl<T: Real> Block<T> {
    pub(super) fn new() -> Self {
        Self { values: [T::default(); 2 * BLOCK], filled: 0 }
    }

    /// A value, or NaN.
    #[inline(always)]
    pub(super) fn push(&mut self, value: T, tally: &mut Tally<'_, T>) {
        self.put(value, true);
        self.empty(tally);
    }

    /// A value that counts if it is valid and no NaN. No branch: which values are missing cannot be foreseen.
    #[inline(always)]
    fn put(&mut self, value: T, is_valid: bool) {
        // Never more than a block and a word: the remainder spares a check.
        let place = self.filled % self.values.len();
        if let Some(place) = self.values.get_mut(place) {
            *place = value;
        }
        self.filled += usize::from(is_valid & !value.is_nan());
    }

    /// Counts a block, once there is one; what lies beyond it is kept.
    #[inline(always)]
    fn empty(&mut self, tally: &mut Tally<'_, T>) {
        if self.filled >= BLOCK {
            let (full, rest) = self.values.split_at_mut(BLOCK);
            tally.observe(full);
            self.filled -= BLOCK;
            if let (Some(front), Some(rest)) = (full.get_mut(..self.filled), rest.get(..self.filled)) {
                front.copy_from_slice(rest);
            }
        }
    }

    /// Counts what is left.
    pub(super) fn finish(self, mut tally: Tally<'_, T>) -> Found<T> {
        if let Some(rest) = self.values.get(..self.filled) {
            tally.observe(rest);
        }
        tally.pour();
        tally.found
    }
}

/// Leaves out what is missing and counts the rest block by block.
struct Fill<'a, 'b, T> {
    values: &'a [T],
    /// `None`: all are.
    valid: Option<&'a BooleanBuffer>,
    block: &'a mut Block<T>,
    tally: &'a mut Tally<'b, T>,
}

impl<T: Real> Work for Fill<'_, '_, T> {
    #[inline(always)]
    fn run(self) {
        let Some(valid) = self.valid else {
            for values in self.values.chunks(WORD) {
                values.iter().for_each(|value| self.block.put(*value, true));
                self.block.empty(self.tally);
            }
            return;
        };
        let words = valid.bit_chunks();
        for (values, word) in self.values.chunks(WORD).zip(words.iter().chain([words.remainder_bits()])) {
            if word == u64::MAX {
                values.iter().for_each(|value| self.block.put(*value, true));
            } else {
                for (place, value) in values.iter().enumerate() {
                    self.block.put(*value, word >> place & 1 == 1);
                }
            }
            self.block.empty(self.tally);
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
            // As they are; or, with others between them that are NaN or not valid, those that are left.
            let mut with_missing = Vec::new();
            let mut valid = Vec::new();
            for (place, value) in values.iter().enumerate() {
                for (value, is_valid) in [(T::of(f64::NAN), true), (*value, false)].iter().take(place % 7 % 3) {
                    with_missing.push(*value);
                    valid.push(*is_valid);
                }
                with_missing.push(*value);
                valid.push(true);
            }
            let valid = BooleanBuffer::from(valid);
            for way in 0..3 {
                let mut counts = vec![0u64; cells.len()];
                let mut tally = Tally::new(&cells, &scale, &mut counts);
                tally.width = width;
                let mut block = Block::new();
                match way {
                    0 => tally.observe_all(values, &mut block),
                    1 => tally.observe_valid(&with_missing, &valid, &mut block),
                    _ => with_missing.iter().zip(&valid).filter(|(_, is_valid)| *is_valid).for_each(|(value, _)| {
                        block.push(*value, &mut tally);
                    }),
                }
                let found = block.finish(tally);
                prop_assert_eq!(found.moments, moments, "{:?} {}", width, way);
                prop_assert_eq!((found.least.into(), found.greatest.into()), ends, "{:?} {}", width, way);
                prop_assert_eq!(found.present, values.len() as u64, "{:?} {}", width, way);
                prop_assert_eq!(&counts, &wanted, "{:?} {}", width, way);
            }
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
