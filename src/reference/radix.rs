//! Sorted distinct values with counts of a column: by the digits of their bits, which beats comparing them.

/// A float with bits that can be put in order.
pub(super) trait Bits: Copy {
    type Key: Copy + Default + Ord;
    /// Digits of [`DIGIT`] bits in a key.
    const DIGITS: usize;
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
    const DIGITS: usize = 3;

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
    const DIGITS: usize = 6;

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

/// Memory for sorting a column, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Scratch<K> {
    keys: Vec<K>,
    other: Vec<K>,
    distinct: Vec<(f64, u64)>,
}

impl<K: Copy + Default + Ord> Scratch<K> {
    /// The distinct values whose keys `fill` puts down, ascending, each with how often it comes. None may be NaN.
    pub fn distinct<T: Bits<Key = K>>(&mut self, fill: impl FnOnce(&mut Vec<K>)) -> &[(f64, u64)] {
        self.keys.clear();
        fill(&mut self.keys);
        // What it holds does not matter: all of it is written over.
        self.other.resize(self.keys.len(), K::default());
        sort::<T>(&mut self.keys, &mut self.other);
        self.distinct.clear();
        let same = self.keys.chunk_by(|a, b| a == b);
        self.distinct.extend(same.filter_map(|same| Some((T::of(*same.first()?), same.len() as u64))));
        &self.distinct
    }
}

fn sort<T: Bits>(keys: &mut Vec<T::Key>, other: &mut Vec<T::Key>) {
    if u32::try_from(keys.len()).is_err() {
        // More than a table counts.
        keys.sort_unstable();
        return;
    }
    // How often each digit comes does not depend on the order: one walk counts them all.
    let mut tables = vec![[0u32; TABLE]; T::DIGITS];
    for key in &*keys {
        for (digit, counts) in (0..).zip(&mut tables) {
            if let Some(count) = counts.get_mut(T::digit(*key, digit)) {
                *count += 1;
            }
        }
    }
    let all = keys.len();
    for (digit, starts) in (0..).zip(&mut tables) {
        if starts.iter().any(|count| *count as usize == all) {
            // They all have the same digit here.
            continue;
        }
        let mut next = 0;
        for start in &mut *starts {
            next += std::mem::replace(start, next);
        }
        for key in &*keys {
            if let Some(start) = starts.get_mut(T::digit(*key, digit)) {
                if let Some(place) = other.get_mut(*start as usize) {
                    *place = *key;
                }
                *start += 1;
            }
        }
        std::mem::swap(keys, other);
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
        ) {
            let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(distinct::<f64>(&values), compared(values));
            let singles: Vec<f32> = singles.into_iter().filter(|value| !value.is_nan()).collect();
            prop_assert_eq!(distinct::<f32>(&singles), compared(singles.into_iter().map(f64::from).collect()));
        }
    }
}
