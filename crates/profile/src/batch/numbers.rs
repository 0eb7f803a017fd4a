//! Iterates over the values of a numeric or boolean column.

use arrow_array::{
    Array, BooleanArray, PrimitiveArray,
    cast::AsArray,
    types::{
        ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::DataType;

/// Returns every value of a column of any numeric or boolean type; null becomes NaN.
///
/// A long loop over them is faster than [`for_each_number`], whose closure is compiled for each type, but then called.
#[must_use]
pub fn number_values(array: &dyn Array) -> Vec<f64> {
    let mut values = Vec::with_capacity(array.len());
    for_each_number(array, &mut |value| values.push(value));
    values
}

/// Calls `each` with every value of a column of any numeric or boolean type; null becomes NaN.
pub fn for_each_number(array: &dyn Array, each: &mut impl FnMut(f64)) {
    #[inline]
    fn walk<T: ArrowPrimitiveType>(
        array: &PrimitiveArray<T>,
        each: &mut impl FnMut(f64),
        to: impl Fn(T::Native) -> f64,
    ) {
        match array.nulls() {
            None => array.values().iter().for_each(|value| each(to(*value))),
            Some(valid) => {
                let values = array.values().iter().zip(valid.iter());
                values.for_each(|(value, valid)| each(if valid { to(*value) } else { f64::NAN }));
            }
        }
    }
    fn walk_booleans(array: &BooleanArray, each: &mut impl FnMut(f64)) {
        array.iter().for_each(|value| each(value.map_or(f64::NAN, |truth| f64::from(u8::from(truth)))));
    }
    match array.data_type() {
        DataType::Float64 => walk(array.as_primitive::<Float64Type>(), each, |v| v),
        DataType::Float32 => walk(array.as_primitive::<Float32Type>(), each, f64::from),
        DataType::Float16 => walk(array.as_primitive::<Float16Type>(), each, f64::from),
        DataType::Int8 => walk(array.as_primitive::<Int8Type>(), each, f64::from),
        DataType::Int16 => walk(array.as_primitive::<Int16Type>(), each, f64::from),
        DataType::Int32 => walk(array.as_primitive::<Int32Type>(), each, f64::from),
        DataType::UInt8 => walk(array.as_primitive::<UInt8Type>(), each, f64::from),
        DataType::UInt16 => walk(array.as_primitive::<UInt16Type>(), each, f64::from),
        DataType::UInt32 => walk(array.as_primitive::<UInt32Type>(), each, f64::from),
        #[expect(clippy::cast_precision_loss, reason = "a feature beyond 2^53 is compared as f64 by every model")]
        DataType::Int64 => walk(array.as_primitive::<Int64Type>(), each, |v| v as f64),
        #[expect(clippy::cast_precision_loss, reason = "a feature beyond 2^53 is compared as f64 by every model")]
        DataType::UInt64 => walk(array.as_primitive::<UInt64Type>(), each, |v| v as f64),
        DataType::Boolean => walk_booleans(array.as_boolean(), each),
        // Readers produce only numbers; they replace anything else with null and report a complaint.
        _ => (0..array.len()).for_each(|_| each(f64::NAN)),
    }
}
