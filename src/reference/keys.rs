//! Converts a column to sortable keys, skipping missing values.

use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, cast::AsArray};
use arrow_buffer::NullBuffer;
use vigie_profile::{batch::for_each_number, layout::Real};

use super::radix::Bits;

/// Values processed at a time: one word of the validity bitmap.
const WORD: usize = 64;

/// Appends the keys of a column's values, in the precision `P` the model compares them in.
pub(super) fn add_keys<P>(arrays: &[ArrayRef], keys: &mut Vec<<P::Native as Bits>::Key>)
where
    P: ArrowPrimitiveType<Native: Real + Bits>,
{
    keys.reserve(arrays.iter().map(Array::len).sum());
    for array in arrays {
        match array.as_primitive_opt::<P>() {
            Some(array) => {
                let values = array.values();
                let valid = array.nulls().filter(|valid| valid.null_count() > 0);
                if valid.is_none() && !values.iter().fold(false, |any, value| any | Real::is_nan(*value)) {
                    keys.extend(values.iter().map(|value| value.key()));
                } else {
                    add_valid(values, valid, keys);
                }
            }
            None => for_each_number(array.as_ref(), &mut |value| {
                if !value.is_nan() {
                    keys.push(<P::Native as Real>::from_f64(value).key());
                }
            }),
        }
    }
}

/// Branch-free, because missing values are unpredictable.
fn add_valid<T: Real + Bits>(values: &[T], valid: Option<&NullBuffer>, keys: &mut Vec<T::Key>) {
    let mut filled = keys.len();
    keys.resize(filled + values.len(), T::Key::default());
    let mut add = |values: &[T], word: u64| {
        for (bit, value) in values.iter().enumerate() {
            if let Some(key) = keys.get_mut(filled) {
                *key = value.key();
            }
            filled += usize::from((word >> bit & 1 == 1) & !Real::is_nan(*value));
        }
    };
    let words = values.chunks(WORD);
    match valid {
        None => words.for_each(|values| add(values, u64::MAX)),
        Some(valid) => {
            let bits = valid.inner().bit_chunks();
            words.zip(bits.iter().chain([bits.remainder_bits()])).for_each(|(values, word)| add(values, word));
        }
    }
    keys.truncate(filled);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Float32Array, Float64Array, Int16Array,
        types::{Float32Type, Float64Type},
    };
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_missing_values_are_skipped(
            values in prop::collection::vec(prop::option::of(prop::num::f32::ANY), 0..300),
            from in 0usize..100,
        ) {
            let from = from.min(values.len());
            let single: ArrayRef = Arc::new(Float32Array::from(values.clone()));
            let double: ArrayRef = Arc::new(values.iter().map(|value| value.map(f64::from)).collect::<Float64Array>());
            let wanted: Vec<u32> =
                values.iter().skip(from).flatten().filter(|value| !value.is_nan()).map(|value| value.key()).collect();
            // In the model's precision, in another precision, and as a slice.
            for array in [single, double] {
                let mut keys = vec![7];
                add_keys::<Float32Type>(&[array.slice(from, values.len() - from)], &mut keys);
                prop_assert_eq!(&keys[1..], &wanted[..]);
            }
        }
    }

    #[test]
    fn arrays_of_different_types_are_concatenated() {
        let arrays: [ArrayRef; 3] = [
            Arc::new(Float64Array::from(vec![0.5, f64::NAN])),
            Arc::new(Int16Array::from(vec![Some(-3), None])),
            Arc::new(Float64Array::from(vec![-0.0])),
        ];
        let mut keys = Vec::new();
        add_keys::<Float64Type>(&arrays, &mut keys);
        assert_eq!(keys, [0.5f64.key(), (-3.0f64).key(), 0.0f64.key()]);
    }
}
