//! Counts the values of one column, first in small integers that stay in the L1 cache.

#![expect(clippy::inline_always, reason = "compiled separately for each vector width")]

use std::cell::Cell;

use arrow_buffer::BooleanBuffer;

use super::{
    Moments, Scale,
    moments::BlockSums,
    vector_width::{Width, Work},
};
use crate::layout::{BLOCK, Cells, Real};

/// Up to this number of cells, values are counted in four tallies in rotation: with few cells, equal values often
/// follow each other, and each increment would wait for the previous one.
const FEW: usize = 512;
/// Number of rows after which 32-bit counts might overflow.
const FULL: usize = u32::MAX as usize - BLOCK;

thread_local! {
    /// Counters of the thread, reused for the next column; all zero between columns.
    static HOT_COUNTS: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// Tally of the values of a column. It holds only integers, minimum and maximum, so the order of rows does not matter.
pub(super) struct ColumnTally<'a, T> {
    cells: &'a Cells,
    scale: &'a Scale,
    width: Width,
    stride: usize,
    /// One or four tallies of the cells.
    hot_counts: Vec<u32>,
    /// Number of rows in `hot_counts`.
    rows: usize,
    /// Final counts by cell, to which `hot_counts` is added.
    counts: &'a mut [u64],
    summary: ColumnSummary<T>,
}

/// Summary of a column other than the counts by cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnSummary<T> {
    pub present: u64,
    pub moments: Moments,
    pub least: T,
    pub greatest: T,
}

impl<'a, T: Real> ColumnTally<'a, T> {
    /// Creates a tally that adds to `counts`, by cell, when it is finished.
    pub(super) fn new(cells: &'a Cells, scale: &'a Scale, counts: &'a mut [u64]) -> Self {
        let (stride, tallies) = if cells.len() <= FEW { (cells.len(), 4) } else { (0, 1) };
        let mut hot_counts = HOT_COUNTS.take();
        hot_counts.resize(tallies * cells.len(), 0);
        Self {
            cells,
            scale,
            width: Width::detect(),
            stride,
            hot_counts,
            rows: 0,
            counts,
            summary: ColumnSummary {
                present: 0,
                moments: Moments::default(),
                least: T::INFINITY,
                greatest: T::NEG_INFINITY,
            },
        }
    }

    /// Counts at most [`BLOCK`] values, none of which may be NaN.
    pub(super) fn observe(&mut self, values: &[T]) {
        if self.rows > FULL {
            self.flush();
        }
        let mut sums = BlockSums::default();
        self.width.run(Count { values, tally: self, sums: &mut sums });
        self.summary.moments.observe(values, &sums, self.scale);
        self.summary.present += values.len() as u64;
        self.rows += values.len();
    }

    /// Counts the values of a column without nulls; NaN is missing.
    pub(super) fn observe_all(&mut self, values: &[T], block: &mut BlockBuffer<T>) {
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

    /// Counts the values that are valid and not NaN.
    pub(super) fn observe_valid(&mut self, values: &[T], valid: &BooleanBuffer, block: &mut BlockBuffer<T>) {
        self.width.run(Fill { values, valid: Some(valid), block, tally: self });
    }

    /// Adds the 32-bit counts to the final counts and resets them.
    fn flush(&mut self) {
        for tally in self.hot_counts.chunks_mut(self.cells.len()) {
            for (count, more) in self.counts.iter_mut().zip(tally) {
                *count += u64::from(std::mem::take(more));
            }
        }
        self.rows = 0;
    }
}

impl<T> Drop for ColumnTally<'_, T> {
    fn drop(&mut self) {
        if self.rows > 0 {
            self.hot_counts.fill(0);
        }
        HOT_COUNTS.set(std::mem::take(&mut self.hot_counts));
    }
}

/// Counts a block in separate loops, each over values that stay in the L1 cache.
struct Count<'a, 'b, T> {
    values: &'a [T],
    tally: &'a mut ColumnTally<'b, T>,
    sums: &'a mut BlockSums,
}

impl<T: Real> Work for Count<'_, '_, T> {
    #[inline(always)]
    fn run(self) {
        let tally = self.tally;
        let (least, greatest) = min_max(self.values);
        let summary = &mut tally.summary;
        summary.least = if least < summary.least { least } else { summary.least };
        summary.greatest = if greatest > summary.greatest { greatest } else { summary.greatest };
        tally.cells.tally(self.values, tally.stride, &mut tally.hot_counts);
        *self.sums = BlockSums::from_values(self.values, tally.scale);
    }
}

/// Minimum and maximum of values, none of which may be NaN.
#[inline(always)]
fn min_max<T: Real>(values: &[T]) -> (T, T) {
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

/// Values processed together: the size of one word of the validity bitmap.
const WORD: usize = 64;

/// Collects present values until there are enough to count a block.
pub(super) struct BlockBuffer<T> {
    values: [T; 2 * BLOCK],
    filled: usize,
}

impl<T: Real> BlockBuffer<T> {
    pub(super) fn new() -> Self {
        Self { values: [T::default(); 2 * BLOCK], filled: 0 }
    }

    /// Adds a value; NaN is skipped.
    #[inline(always)]
    pub(super) fn push(&mut self, value: T, tally: &mut ColumnTally<'_, T>) {
        self.put(value, true);
        self.count_full_block(tally);
    }

    /// Adds a value if it is valid and not NaN. Branch-free, because missing values are unpredictable.
    #[inline(always)]
    fn put(&mut self, value: T, is_valid: bool) {
        // `filled` never exceeds a block plus a word; the remainder elides a bounds check.
        let place = self.filled % self.values.len();
        if let Some(place) = self.values.get_mut(place) {
            *place = value;
        }
        self.filled += usize::from(is_valid & !value.is_nan());
    }

    /// Counts a block if there is a full one, and keeps the values after it.
    #[inline(always)]
    fn count_full_block(&mut self, tally: &mut ColumnTally<'_, T>) {
        if self.filled >= BLOCK {
            let (full, rest) = self.values.split_at_mut(BLOCK);
            tally.observe(full);
            self.filled -= BLOCK;
            if let (Some(front), Some(rest)) = (full.get_mut(..self.filled), rest.get(..self.filled)) {
                front.copy_from_slice(rest);
            }
        }
    }

    /// Counts the remaining values and returns the summary.
    pub(super) fn finish(self, mut tally: ColumnTally<'_, T>) -> ColumnSummary<T> {
        if let Some(rest) = self.values.get(..self.filled) {
            tally.observe(rest);
        }
        tally.flush();
        tally.summary
    }
}

/// Skips missing values and counts the others block by block.
struct Fill<'a, 'b, T> {
    values: &'a [T],
    /// Validity bitmap; `None`: all values are valid.
    valid: Option<&'a BooleanBuffer>,
    block: &'a mut BlockBuffer<T>,
    tally: &'a mut ColumnTally<'b, T>,
}

impl<T: Real> Work for Fill<'_, '_, T> {
    #[inline(always)]
    fn run(self) {
        let Some(valid) = self.valid else {
            for values in self.values.chunks(WORD) {
                values.iter().for_each(|value| self.block.put(*value, true));
                self.block.count_full_block(self.tally);
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
            self.block.count_full_block(self.tally);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::layout::Precision;

    /// Checks that every vector width gives the same as the definitions applied to the values one by one.
    fn check_widths<T: Real>(edges: &[f64], values: &[T]) -> Result<(), TestCaseError> {
        let cells = Cells::from_parts(edges.to_vec(), Vec::new(), Vec::new());
        let scale = crate::profile::scale(&cells);
        let mut expected = vec![0u64; cells.len()];
        values.iter().for_each(|value| expected[edges.partition_point(|edge| *edge < (*value).into())] += 1);
        let mut moments = Moments::default();
        values.iter().for_each(|value| moments.observe(&[*value], &BlockSums::from_values(&[*value], &scale), &scale));
        let wide = values.iter().map(|value| (*value).into());
        let ends = (wide.clone().fold(f64::INFINITY, f64::min), wide.fold(f64::NEG_INFINITY, f64::max));
        for width in [Width::Plain, Width::Avx2].into_iter().filter(|width| width.is_supported()) {
            // Once as they are, and once with NaN and invalid values in between, which must be skipped.
            let mut with_missing = Vec::new();
            let mut valid = Vec::new();
            for (place, value) in values.iter().enumerate() {
                for (value, is_valid) in [(T::from_f64(f64::NAN), true), (*value, false)].iter().take(place % 7 % 3) {
                    with_missing.push(*value);
                    valid.push(*is_valid);
                }
                with_missing.push(*value);
                valid.push(true);
            }
            let valid = BooleanBuffer::from(valid);
            for way in 0..3 {
                let mut counts = vec![0u64; cells.len()];
                let mut tally = ColumnTally::new(&cells, &scale, &mut counts);
                tally.width = width;
                let mut block = BlockBuffer::new();
                match way {
                    0 => tally.observe_all(values, &mut block),
                    1 => tally.observe_valid(&with_missing, &valid, &mut block),
                    _ => with_missing.iter().zip(&valid).filter(|(_, is_valid)| *is_valid).for_each(|(value, _)| {
                        block.push(*value, &mut tally);
                    }),
                }
                let summary = block.finish(tally);
                prop_assert_eq!(summary.moments, moments, "{:?} {}", width, way);
                prop_assert_eq!((summary.least.into(), summary.greatest.into()), ends, "{:?} {}", width, way);
                prop_assert_eq!(summary.present, values.len() as u64, "{:?} {}", width, way);
                prop_assert_eq!(&counts, &expected, "{:?} {}", width, way);
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

    /// Any bits (infinities, both zeros, subnormals), small integers, and numbers close to each other.
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
        fn every_vector_width_gives_the_same_counts(edges in numbers(400), values in numbers(3_000)) {
            let edges = sorted(edges);
            let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            check_widths(&edges, &values)?;
            let singles: Vec<f32> = values.iter().chain(&edges).map(|value| f32::from_f64(Precision::F32.round(*value))).collect();
            check_widths(&edges, &singles)?;
        }
    }

    #[test]
    fn values_on_and_next_to_edges() {
        let edges: Vec<f64> = (0..3_000).map(|edge| f64::from(edge) * 0.37 - 300.0).collect();
        let near = edges.iter().flat_map(|edge| [*edge, edge.next_up(), edge.next_down()]);
        check_widths(&edges, &near.collect::<Vec<f64>>()).unwrap();
        let singles =
            edges.iter().map(|edge| f32::from_f64(*edge)).flat_map(|edge| [edge, edge.next_up(), edge.next_down()]);
        check_widths(&edges, &singles.collect::<Vec<f32>>()).unwrap();
    }
}
