//! Sorted distinct values of a column with counts, by radix sort, which is faster than comparison sort.

use num_traits::{AsPrimitive, PrimInt};

/// A float with a sortable integer key.
pub(super) trait Bits: Copy {
    type Key: PrimInt + AsPrimitive<usize> + Default;
    /// An integer that sorts like the float. Keys of short floats end in zero bits, and both zeros share one. Not for NaN.
    fn key(self) -> Self::Key;
    fn from_key(key: Self::Key) -> f64;
}

impl Bits for f32 {
    type Key = u32;

    fn key(self) -> u32 {
        let size = self.to_bits() & !SIGN_32;
        if self.to_bits() == size { SIGN_32 + size } else { SIGN_32 - size }
    }

    fn from_key(key: u32) -> f64 {
        f64::from(Self::from_bits(key.checked_sub(SIGN_32).unwrap_or_else(|| SIGN_32 + (SIGN_32 - key))))
    }
}

impl Bits for f64 {
    type Key = u64;

    fn key(self) -> u64 {
        let size = self.to_bits() & !SIGN_64;
        if self.to_bits() == size { SIGN_64 + size } else { SIGN_64 - size }
    }

    fn from_key(key: u64) -> f64 {
        Self::from_bits(key.checked_sub(SIGN_64).unwrap_or_else(|| SIGN_64 + (SIGN_64 - key)))
    }
}

const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;

/// Maximum bits per digit, so that the table fits the L1 cache. Longer digits need fewer passes but were slower overall.
const DIGIT: u32 = 11;
const TABLE: usize = 1 << DIGIT;
/// Key ranges smaller than this are counted in a table instead of being sorted.
const MAX_COUNTED: usize = 1 << 16;

/// Buffers for sorting, reused between columns.
#[derive(Debug, Default)]
pub(super) struct SortBuffers<K> {
    keys: Vec<K>,
    other: Vec<K>,
    table: Vec<u32>,
    distinct: Vec<(f64, u64)>,
}

impl<K: PrimInt + AsPrimitive<usize> + Default> SortBuffers<K> {
    /// Returns the distinct values of the keys added by `fill`, ascending, with counts.
    pub(super) fn distinct<T: Bits<Key = K>>(&mut self, fill: impl FnOnce(&mut Vec<K>)) -> &[(f64, u64)] {
        self.keys.clear();
        fill(&mut self.keys);
        self.distinct.clear();
        let range = KeyRange::new(&self.keys);
        self.keys.iter_mut().for_each(|key| *key = range.compact(*key));
        if u32::try_from(self.keys.len()).is_err() {
            // Too many for the table's u32 counts.
            self.keys.sort_unstable();
        } else if range.width.as_() < MAX_COUNTED {
            self.count(range.width.as_());
            let present = self.table.iter().enumerate().filter(|(_, rows)| **rows > 0);
            let value = |compact| K::from(compact).map(|compact| T::from_key(range.key(compact)));
            self.distinct.extend(present.filter_map(|(compact, rows)| Some((value(compact)?, u64::from(*rows)))));
            return &self.distinct;
        } else {
            self.sort(range.width);
        }
        let same = self.keys.chunk_by(|a, b| a == b);
        self.distinct.extend(same.filter_map(|same| Some((T::from_key(range.key(*same.first()?)), same.len() as u64))));
        &self.distinct
    }

    /// Counts the keys 0, 1, … `most`.
    fn count(&mut self, most: usize) {
        self.table.clear();
        self.table.resize(most + 1, 0);
        for key in &self.keys {
            if let Some(rows) = self.table.get_mut((*key).as_()) {
                *rows += 1;
            }
        }
    }

    /// Sorts digit by digit, starting from the lowest.
    fn sort(&mut self, width: K) {
        // The old contents do not matter: everything is overwritten.
        self.other.resize(self.keys.len(), K::zero());
        self.table.resize(TABLE, 0);
        let Some(table) = self.table.first_chunk_mut::<TABLE>() else { return };
        let bits = K::zero().leading_zeros() - width.leading_zeros();
        // The fewest digits, each as short as possible: shorter digits mean more local writes.
        let digit = bits.div_ceil(bits.div_ceil(DIGIT).max(1)).max(1) as usize;
        for shift in (0..bits as usize).step_by(digit) {
            sort_by_digit(&self.keys, &mut self.other, table, |key| (key >> shift).as_() & ((1 << digit) - 1));
            std::mem::swap(&mut self.keys, &mut self.other);
        }
    }
}

/// Stable sort by one digit.
fn sort_by_digit<K: Copy>(from: &[K], to: &mut [K], table: &mut [u32; TABLE], digit: impl Fn(K) -> usize) {
    table.fill(0);
    for key in from {
        if let Some(rows) = table.get_mut(digit(*key)) {
            *rows += 1;
        }
    }
    let mut next = 0;
    for slot in &mut *table {
        next += std::mem::replace(slot, next);
    }
    for key in from {
        let Some(slot) = table.get_mut(digit(*key)) else { continue };
        if let Some(to) = to.get_mut(*slot as usize) {
            *to = *key;
        }
        *slot += 1;
    }
}

/// Range of a column's keys and their common low bits. Short decimals and small numbers leave few differing bits.
#[derive(Debug, Clone, Copy)]
struct KeyRange<K> {
    least: K,
    low: usize,
    /// Greatest key minus least, without the common low bits.
    width: K,
}

impl<K: PrimInt> KeyRange<K> {
    fn new(keys: &[K]) -> Self {
        let first = keys.first().copied().unwrap_or(K::zero());
        let (mut least, mut greatest, mut differ) = (first, first, K::zero());
        for key in keys {
            least = least.min(*key);
            greatest = greatest.max(*key);
            differ = differ | (*key ^ first);
        }
        let low = if differ == K::zero() { 0 } else { differ.trailing_zeros() as usize };
        Self { least, low, width: (greatest - least) >> low }
    }

    fn compact(&self, key: K) -> K {
        (key - self.least) >> self.low
    }

    fn key(&self, compact: K) -> K {
        self.least + (compact << self.low)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distinct<T: Bits>(values: &[T]) -> Vec<(f64, u64)> {
        let mut buffers = SortBuffers::default();
        // Leftovers of another column do not matter.
        buffers.distinct::<T>(|keys| keys.extend(values.iter().rev().take(3).map(|value| value.key())));
        buffers.distinct::<T>(|keys| keys.extend(values.iter().map(|value| value.key()))).to_vec()
    }

    fn distinct_by_comparison(mut values: Vec<f64>) -> Vec<(f64, u64)> {
        values.iter_mut().for_each(|value| *value += 0.0);
        values.sort_unstable_by(f64::total_cmp);
        values.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
    }

    proptest! {
        #[test]
        fn radix_sort_equals_comparison_sort(
            values in prop::collection::vec(prop_oneof![any::<f64>(), (-50i32..50).prop_map(f64::from), Just(-0.0)], 0..500),
            singles in prop::collection::vec(prop_oneof![any::<f32>(), (-50i16..50).prop_map(f32::from), Just(-0.0)], 0..500),
            short in prop::collection::vec((-9i16..300).prop_map(|tenths| f32::from(tenths) / 8.0), 0..500),
            near in prop::collection::vec(1.0f32..1.5, 0..500),
        ) {
            let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(distinct::<f64>(&values), distinct_by_comparison(values));
            // Arbitrary values, values counted in a table, and values that span two digits.
            for singles in [singles, short, near] {
                let singles: Vec<f32> = singles.into_iter().filter(|value| !value.is_nan()).collect();
                prop_assert_eq!(distinct::<f32>(&singles), distinct_by_comparison(singles.into_iter().map(f64::from).collect()));
            }
        }
    }
}
