//! Converts decimal columns to the nearest `f64`, as parsing their text would.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Float64Array,
    cast::AsArray,
    types::{Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type},
};
use arrow_schema::DataType;

/// Powers of ten that an `f64` represents exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Converts a decimal column to `f64`; returns any other column unchanged.
#[must_use]
pub fn decimals_to_f64(column: &ArrayRef) -> ArrayRef {
    let doubles: Float64Array = match column.data_type() {
        DataType::Decimal32(_, scale) => {
            let integers = column.as_primitive::<Decimal32Type>().iter();
            integers.map(|integer| Some(small(i64::from(integer?), *scale))).collect()
        }
        DataType::Decimal64(_, scale) => {
            let integers = column.as_primitive::<Decimal64Type>().iter();
            integers.map(|integer| Some(small(integer?, *scale))).collect()
        }
        DataType::Decimal128(_, scale) => {
            let integers = column.as_primitive::<Decimal128Type>().iter();
            let double =
                |integer: i128| i64::try_from(integer).map_or_else(|_| parsed(integer, *scale), |i| small(i, *scale));
            integers.map(|integer| Some(double(integer?))).collect()
        }
        DataType::Decimal256(_, scale) => {
            let integers = column.as_primitive::<Decimal256Type>().iter();
            integers.map(|integer| Some(parsed(integer?, *scale))).collect()
        }
        _ => return column.clone(),
    };
    Arc::new(doubles)
}

/// `integer · 10^−scale`. Dividing two exact numbers rounds once; other cases are parsed as text.
fn small(integer: i64, scale: i8) -> f64 {
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    match usize::try_from(scale).ok().and_then(|scale| POWERS.get(scale)) {
        #[expect(clippy::cast_precision_loss, reason = "no greater than 2^53")]
        Some(power) if integer.unsigned_abs() <= EXACT => integer as f64 / power,
        _ => parsed(integer, scale),
    }
}

fn parsed(integer: impl std::fmt::Display, scale: i8) -> f64 {
    format!("{integer}e{}", -i32::from(scale)).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use arrow_array::{Decimal128Array, Decimal256Array};
    use arrow_buffer::i256;
    use proptest::prelude::*;

    use super::*;

    fn doubles(column: impl Array + 'static) -> Vec<Option<f64>> {
        let column = decimals_to_f64(&(Arc::new(column) as ArrayRef));
        column.as_primitive::<arrow_array::types::Float64Type>().iter().collect()
    }

    #[test]
    fn nulls_are_kept_and_a_negative_scale_multiplies() {
        let column = Decimal128Array::from(vec![Some(12345), None, Some(-1)]);
        let scaled = column.clone().with_precision_and_scale(10, 2).unwrap();
        assert_eq!(doubles(scaled), [Some(123.45), None, Some(-0.01)]);
        let multiplied = column.with_precision_and_scale(10, -3).unwrap();
        assert_eq!(doubles(multiplied), [Some(12_345_000.0), None, Some(-1000.0)]);
        let wide = Decimal256Array::from(vec![i256::from_i128(i128::MAX)]).with_precision_and_scale(76, 38).unwrap();
        assert_eq!(doubles(wide), [Some("1.70141183460469231731687303715884105727".parse().unwrap())]);
    }

    proptest! {
        #[test]
        fn a_decimal_equals_its_parsed_text(integer: i64, digits in 0_u32..19, scale in 0_i8..38) {
            let integer = integer / 10_i64.pow(digits);
            let column = Decimal128Array::from(vec![i128::from(integer)]).with_precision_and_scale(38, scale).unwrap();
            let text: f64 = column.value_as_string(0).parse().unwrap();
            prop_assert_eq!(doubles(column), [Some(text)]);
        }
    }
}
