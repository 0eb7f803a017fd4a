//! Sorted distinct values with counts of a column: by the digits of their bits, which beats comparing them.

use num_traits::{AsPrimitive, PrimInt};

/// A float with bits that can be put in order.
pub(super) trait Bits: Copy {
    type Key: PrimInt + AsPrimitive<usize> + Default;
    /// A whole number in the order of the floats; that of a short float ends in zeros. Not of NaN; both zeros have one.
    fn key(self) -> Self::Key;
    fn of(key: Self::Key) -> f64;
}

impl Bits for f32 {
    type Key = u32;

    fn key(self) -> u32 {
        let size = self.to_bits() & !SIGN_32;
        if self.to_bits() == size { SIGN_32 + size } else { SIGN_32 - size }
    }

    fn of(key: u32) -> f64 {
        f64::from(Self::from_bits(key.checked_sub(SIGN_32).unwrap_or_else(|| SIGN_32 + (SIGN_32 - key))))
    }
}

impl Bits for f64 {
    type Key = u64;

    fn key(self) -> u64 {
        let size = self.to_bits() & !SIGN_64;
        if self.to_bits() == size { SIGN_64 + size } else { SIGN_64 - size }
    }

    fn of(key: u64) -> f64 {
        Self::from_bits(key.checked_sub(SIGN_64).unwrap_or_else(|| SIGN_64 + (SIGN_64 - key)))
    }
}

const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;

/// Bits of a digit at most: a table of them fits the nearest cache. Longer ones were tried: fewer walks, all slower.
const DIGIT: u32 = 11;
const TABLE: usize = 1 << DIGIT;
/// So many possible keys are counted in a table of all of them, which is in their order.
const COUNTED: usize = 1 << 16;

/// Memory for sorting a column, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Scratch<K> {
    keys: Vec<K>,
    other: Vec<K>,
    table: Vec<u32>,
    distinct: Vec<(f64, u64)>,
}

impl<K: PrimInt + AsPrimitive<usize> + Default> Scratch<K> {
    /// The distinct values whose keys `fill` puts down, ascending, each with how often it comes. None may be NaN.
    pub(super) fn distinct<T: Bits<Key = K>>(&mut self, fill: impl FnOnce(&mut Vec<K>)) -> &[(f64, u64)] {
        self.keys.clear();
        fill(&mut self.keys);
        self.distinct.clear();
        let span = Span::of(&self.keys);
        self.keys.iter_mut().for_each(|key| *key = span.above(*key));
        if u32::try_from(self.keys.len()).is_err() {
            // More than a table counts.
            self.keys.sort_unstable();
        } else if span.width.as_() < COUNTED {
            self.count(span.width.as_());
            let there = self.table.iter().enumerate().filter(|(_, rows)| **rows > 0);
            let value = |above| K::from(above).map(|above| T::of(span.key(above)));
            self.distinct.extend(there.filter_map(|(above, rows)| Some((value(above)?, u64::from(*rows)))));
            return &self.distinct;
        } else {
            self.sort(span.width);
        }
        let same = self.keys.chunk_by(|a, b| a == b);
        self.distinct.extend(same.filter_map(|same| Some((T::of(span.key(*same.first()?)), same.len() as u64))));
        &self.distinct
    }

    /// How often each of 0, 1, … `most` comes.
    fn count(&mut self, most: usize) {
        self.table.clear();
        self.table.resize(most + 1, 0);
        for key in &self.keys {
            if let Some(rows) = self.table.get_mut((*key).as_()) {
                *rows += 1;
            }
        }
    }

    /// Digit by digit, from the lowest.
    fn sort(&mut self, width: K) {
        // What both hold does not matter: all of it is written over.
        self.other.resize(self.keys.len(), K::zero());
        self.table.resize(TABLE, 0);
        let Some(table) = self.table.first_chunk_mut::<TABLE>() else { return };
        let bits = K::zero().leading_zeros() - width.leading_zeros();
        // As many digits as it takes, and those as short as they can be: the shorter, the nearer is what is written.
        let digit = bits.div_ceil(bits.div_ceil(DIGIT).max(1)).max(1) as usize;
        for shift in (0..bits as usize).step_by(digit) {
            pass(&self.keys, &mut self.other, table, |key| (key >> shift).as_() & ((1 << digit) - 1));
            std::mem::swap(&mut self.keys, &mut self.other);
        }
    }
}

/// Puts keys in the order of one digit, equal ones as they came.
fn pass<K: Copy>(from: &[K], to: &mut [K], table: &mut [u32; TABLE], digit: impl Fn(K) -> usize) {
    table.fill(0);
    for key in from {
        if let Some(rows) = table.get_mut(digit(*key)) {
            *rows += 1;
        }
    }
    let mut next = 0;
    for place in &mut *table {
        next += std::mem::replace(place, next);
    }
    for key in from {
        let Some(place) = table.get_mut(digit(*key)) else { continue };
        if let Some(to) = to.get_mut(*place as usize) {
            *to = *key;
        }
        *place += 1;
    }
}

/// Between which keys all of a column lie, and how many low bits they have in common: short decimals and small numbers
/// leave few that differ.
#[derive(Debug, Clone, Copy)]
struct Span<K> {
    least: K,
    low: usize,
    /// From the least to the greatest, less those low bits.
    width: K,
}

impl<K: PrimInt> Span<K> {
    fn of(keys: &[K]) -> Self {
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

    fn above(&self, key: K) -> K {
        (key - self.least) >> self.low
    }

    fn key(&self, above: K) -> K {
        self.least + (above << self.low)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distinct<T: Bits>(values: &[T]) -> Vec<(f64, u64)> {
        let mut scratch = Scratch::default();
        // What was left by another column does not matter.
        scratch.distinct::<T>(|keys| keys.extend(values.iter().rev().take(3).map(|value| value.key())));
        scratch.distinct::<T>(|keys| keys.extend(values.iter().map(|value| value.key()))).to_vec()
    }

    fn compared(mut values: Vec<f64>) -> Vec<(f64, u64)> {
        values.iter_mut().for_each(|value| *value += 0.0);
        values.sort_unstable_by(f64::total_cmp);
        values.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
    }

    proptest! {
        #[test]
        fn digits_sort_as_comparing_does(
            values in prop::collection::vec(prop_oneof![any::<f64>(), (-50i32..50).prop_map(f64::from), Just(-0.0)], 0..500),
            singles in prop::collection::vec(prop_oneof![any::<f32>(), (-50i16..50).prop_map(f32::from), Just(-0.0)], 0..500),
            short in prop::collection::vec((-9i16..300).prop_map(|tenths| f32::from(tenths) / 8.0), 0..500),
            near in prop::collection::vec(1.0f32..1.5, 0..500),
        ) {
            let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(distinct::<f64>(&values), compared(values));
            // Any, such as are counted in a table, and such as span two digits.
            for singles in [singles, short, near] {
                let singles: Vec<f32> = singles.into_iter().filter(|value| !value.is_nan()).collect();
                prop_assert_eq!(distinct::<f32>(&singles), compared(singles.into_iter().map(f64::from).collect()));
            }
        }
    }
}
