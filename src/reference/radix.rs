//! Sorted distinct values with counts of a column: by the digits of their bits, which beats comparing them.

/// A float with bits that can be put in order.
pub(super) trait Bits: Copy {
    type Key: Copy + Default + PartialEq;
    /// Digits of [`DIGIT`] bits in a key.
    const DIGITS: u32;
    /// Bits whose order as integers is that of the numbers. Not of NaN.
    fn key(self) -> Self::Key;
    fn digit(key: Self::Key, digit: u32) -> usize;
    fn of(key: Self::Key) -> f64;
}

/// Three digits make an f32, six an f64; a table of them fits the nearest cache.
const DIGIT: u32 = 11;
const TABLE: usize = 1 << DIGIT;

impl Bits for f32 {
    type Key = u32;
    const DIGITS: u32 = 3;

    fn key(self) -> u32 {
        // Adding zero turns −0 into 0.
        let bits = (self + 0.0).to_bits();
        if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
    }

    fn digit(key: u32, digit: u32) -> usize {
        (key >> (digit * DIGIT)) as usize & (TABLE - 1)
    }

    fn of(key: u32) -> f64 {
        f64::from(Self::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key }))
    }
}

impl Bits for f64 {
    type Key = u64;
    const DIGITS: u32 = 6;

    fn key(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn digit(key: u64, digit: u32) -> usize {
        (key >> (digit * DIGIT)) as usize & (TABLE - 1)
    }

    fn of(key: u64) -> f64 {
        Self::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
    }
}

/// The distinct values, ascending, each with how often it comes. No value may be NaN.
pub(super) fn distinct<T: Bits>(values: &[T]) -> Vec<(f64, u64)> {
    let mut keys: Vec<T::Key> = values.iter().map(|value| value.key()).collect();
    sort::<T>(&mut keys);
    keys.chunk_by(|a, b| a == b).filter_map(|same| Some((T::of(*same.first()?), same.len() as u64))).collect()
}

fn sort<T: Bits>(keys: &mut Vec<T::Key>) {
    let mut other = vec![T::Key::default(); keys.len()];
    for digit in 0..T::DIGITS {
        let mut starts = vec![0usize; TABLE];
        for key in &*keys {
            if let Some(count) = starts.get_mut(T::digit(*key, digit)) {
                *count += 1;
            }
        }
        if starts.contains(&keys.len()) {
            // They all have the same digit here.
            continue;
        }
        let mut next = 0;
        for start in &mut starts {
            next += std::mem::replace(start, next);
        }
        for key in &*keys {
            if let Some(start) = starts.get_mut(T::digit(*key, digit)) {
                if let Some(place) = other.get_mut(*start) {
                    *place = *key;
                }
                *start += 1;
            }
        }
        std::mem::swap(keys, &mut other);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        ) {
            let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(distinct(&values), compared(values));
            let singles: Vec<f32> = singles.into_iter().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(distinct(&singles), compared(singles.into_iter().map(f64::from).collect()));
        }
    }
}
