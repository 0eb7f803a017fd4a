//! Converts Arrow columns of any type to numbers or levels, by the rule of [`Value`](super::Value).

use std::{collections::HashMap, fmt, sync::Arc};

use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray, cast::AsArray, new_null_array,
    types::Int32Type,
};
use arrow_cast::cast;
use arrow_schema::DataType;

use super::{Number, decimals_to_f64, for_each_number, level, level_of_number, number};

/// A value that is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotANumber<'a> {
    Text(&'a str),
    /// A value of a column of times, lists or objects.
    Type(&'a DataType),
}

impl fmt::Display for NotANumber<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "\"{text}\""),
            Self::Type(kind) => write!(formatter, "a column of {kind}"),
        }
    }
}

/// Returns whether a column of this type holds text, possibly as a dictionary.
#[must_use]
pub fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Binary columns: text that the writer did not mark as UTF-8, or binary identifiers.
fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
}

/// Columns of numbers that [`for_each_number`] supports.
fn is_plain(kind: &DataType) -> bool {
    kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Float32 | DataType::Float64)
}

/// Decodes bytes as UTF-8, or as hexadecimal where they are not printable text.
fn texts_from_bytes(column: &ArrayRef) -> StringArray {
    use std::fmt::Write as _;
    let Ok(bytes) = cast(column, &DataType::LargeBinary) else {
        return std::iter::repeat_n(None::<&str>, column.len()).collect();
    };
    let decode = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|char| !char.is_control()) => text.to_owned(),
        _ => bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }),
    };
    bytes.as_binary::<i64>().iter().map(|bytes| bytes.map(decode)).collect()
}

/// Converts any column to text, as Arrow prints it.
#[must_use]
pub fn texts(column: &ArrayRef) -> StringArray {
    if is_bytes(column.data_type()) {
        return texts_from_bytes(column);
    }
    let column = match column.data_type() {
        // Booleans are spelled 0 and 1.
        DataType::Boolean => &cast(column, &DataType::Int8).unwrap_or_else(|_| column.clone()),
        _ => column,
    };
    cast(column, &DataType::Utf8)
        .ok()
        .and_then(|texts| texts.as_string_opt::<i32>().cloned())
        .unwrap_or_else(|| std::iter::repeat_n(None::<&str>, column.len()).collect())
}

/// Converts a column to a type that [`for_each_number`] supports. A value that is not a number becomes missing and is
/// passed to `complain`.
pub fn to_numbers(column: &ArrayRef, complain: &mut dyn FnMut(NotANumber<'_>)) -> ArrayRef {
    let kind = column.data_type();
    if is_plain(kind) {
        return column.clone();
    }
    if kind.is_decimal() {
        return decimals_to_f64(column);
    }
    if is_text(kind) || is_bytes(kind) {
        return numbers_from_texts(column, complain);
    }
    let numbers = (!kind.is_temporal()).then(|| cast(column, &DataType::Float64).ok()).flatten();
    numbers.unwrap_or_else(|| {
        (column.null_count()..column.len()).for_each(|_| complain(NotANumber::Type(kind)));
        new_null_array(&DataType::Float64, column.len())
    })
}

fn numbers_from_texts(column: &ArrayRef, complain: &mut dyn FnMut(NotANumber<'_>)) -> ArrayRef {
    let mut parsed = |text: &str, of: Number| match of {
        Number::Value(value) => Some(value),
        Number::Missing => None,
        Number::Invalid => {
            complain(NotANumber::Text(text));
            None
        }
    };
    if let Some(keyed) = column.as_dictionary_opt::<Int32Type>()
        && let Some(names) = keyed.values().as_string_opt::<i32>()
    {
        // Each level is parsed once.
        let each: Vec<Option<(&str, Number)>> =
            names.iter().map(|text| text.map(|text| (text, number(text)))).collect();
        let of_key = |key: Option<i32>| {
            let (text, of) = each.get(usize::try_from(key?).ok()?).copied().flatten()?;
            parsed(text, of)
        };
        return Arc::new(keyed.keys().iter().map(of_key).collect::<Float64Array>());
    }
    let texts = texts(column);
    Arc::new(texts.iter().map(|text| parsed(text?, number(text?))).collect::<Float64Array>())
}

/// Converts a column to a dictionary of levels in canonical spelling.
#[must_use]
pub fn to_levels(column: &ArrayRef) -> ArrayRef {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let keyed = match column.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => return levels_of_reals(column),
        kind if kind.is_decimal() => return levels_of_reals(&decimals_to_f64(column)),
        DataType::Boolean => cast(column, &DataType::Int8).and_then(|bits| cast(&bits, &DataType::Utf8)),
        DataType::Dictionary(_, values) if !is_text(values) => cast(column, &DataType::Utf8),
        kind if is_bytes(kind) => Ok(Arc::new(texts_from_bytes(column)) as ArrayRef),
        kind if is_text(kind) => Ok(column.clone()),
        _ => cast(column, &DataType::Utf8),
    }
    .and_then(|texts| cast(&texts, &dictionary));
    let Ok(keyed) = keyed else { return new_null_array(&dictionary, column.len()) };
    let Some(keyed) = keyed.as_dictionary_opt::<Int32Type>() else { return column.clone() };
    let spelled: StringArray = keyed.values().as_string::<i32>().iter().map(|text| text.and_then(level)).collect();
    Arc::new(keyed.with_values(Arc::new(spelled)))
}

fn levels_of_reals(column: &ArrayRef) -> ArrayRef {
    let wide = cast(column, &DataType::Float64).unwrap_or_else(|_| column.clone());
    let mut names: Vec<String> = Vec::new();
    let mut key_of: HashMap<u64, Option<i32>> = HashMap::new();
    let mut keys: Vec<Option<i32>> = Vec::with_capacity(column.len());
    for_each_number(wide.as_ref(), &mut |value| {
        let key = key_of.entry(value.to_bits()).or_insert_with(|| {
            let name = level_of_number(value)?;
            names.push(name);
            i32::try_from(names.len() - 1).ok()
        });
        keys.push(*key);
    });
    DictionaryArray::try_new(Int32Array::from(keys), Arc::new(StringArray::from(names)))
        .map_or_else(|_| column.clone(), |dictionary| Arc::new(dictionary) as ArrayRef)
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMillisecondArray, Float16Array, Float32Array,
        Int8Array, Int64Array, LargeStringArray, ListArray, NullArray, StringViewArray, TimestampMicrosecondArray,
        UInt64Array, types::Int64Type,
    };

    use super::*;
    use crate::batch::Value;

    fn column(array: impl Array + 'static) -> ArrayRef {
        Arc::new(array)
    }

    type Numbers = Vec<Option<f64>>;
    type Levels = Vec<Option<String>>;
    /// The numbers, the complaints and the levels of a column.
    type Converted = (Numbers, Vec<String>, Levels);

    fn converted(column: &ArrayRef) -> Converted {
        let (mut numbers, mut complaints) = (Vec::new(), Vec::new());
        let converted = to_numbers(column, &mut |found| complaints.push(found.to_string()));
        for_each_number(converted.as_ref(), &mut |value| numbers.push((!value.is_nan()).then_some(value)));
        let levels = to_levels(column);
        let levels = levels.as_dictionary::<Int32Type>().downcast_dict::<StringArray>().unwrap();
        (numbers, complaints, levels.into_iter().map(|level| level.map(str::to_owned)).collect())
    }

    fn levels<const N: usize>(levels: [Option<&str>; N]) -> Levels {
        levels.map(|level| level.map(str::to_owned)).to_vec()
    }

    #[test]
    fn every_type_follows_the_rule() {
        let half = |value: f32| cast(&Float32Array::from(vec![value]), &DataType::Float16).unwrap();
        let halves: Float16Array = half(1.5).as_primitive().clone();
        let decimals = Decimal128Array::from(vec![Some(150), None, Some(100)]).with_precision_and_scale(9, 2).unwrap();
        let keyed = |texts: [Option<&str>; 3]| column(texts.into_iter().collect::<DictionaryArray<Int32Type>>());
        let of_integers =
            DictionaryArray::new(Int32Array::from(vec![Some(0), None, Some(1)]), column(Int64Array::from(vec![7, 8])));
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None]);
        let all: Vec<(ArrayRef, Numbers, Levels)> = vec![
            (column(Int8Array::from(vec![Some(-3), None])), vec![Some(-3.0), None], levels([Some("-3"), None])),
            (
                column(Int64Array::from(vec![1_i64 << 53])),
                vec![Some(2_f64.powi(53))],
                levels([Some("9007199254740992")]),
            ),
            (
                column(UInt64Array::from(vec![u64::MAX])),
                vec![Some(2_f64.powi(64))],
                levels([Some("18446744073709551615")]),
            ),
            (column(halves), vec![Some(1.5)], levels([Some("1.5")])),
            (
                column(Float32Array::from(vec![Some(0.1), Some(f32::NAN), None])),
                vec![Some(f64::from(0.1_f32)), None, None],
                levels([Some("0.10000000149011612"), None, None]),
            ),
            (
                column(Float64Array::from(vec![Some(1.0), Some(-0.0), Some(f64::INFINITY)])),
                vec![Some(1.0), Some(0.0), Some(f64::INFINITY)],
                levels([Some("1"), Some("0"), Some("inf")]),
            ),
            (column(decimals), vec![Some(1.5), None, Some(1.0)], levels([Some("1.5"), None, Some("1")])),
            (
                column(BooleanArray::from(vec![Some(true), Some(false), None])),
                vec![Some(1.0), Some(0.0), None],
                levels([Some("1"), Some("0"), None]),
            ),
            (
                column(StringArray::from(vec![Some(" 1.0 "), Some("1e3"), Some("True"), Some("NaN"), Some(""), None])),
                vec![Some(1.0), Some(1000.0), Some(1.0), None, None, None],
                levels([Some("1"), Some("1e3"), Some("1"), None, None, None]),
            ),
            (column(LargeStringArray::from(vec!["2"])), vec![Some(2.0)], levels([Some("2")])),
            (column(StringViewArray::from(vec!["None"])), vec![None], levels([None])),
            (
                keyed([Some("0.5"), None, Some("0.5")]),
                vec![Some(0.5), None, Some(0.5)],
                levels([Some("0.5"), None, Some("0.5")]),
            ),
            (column(of_integers), vec![Some(7.0), None, Some(8.0)], levels([Some("7"), None, Some("8")])),
            (column(BinaryArray::from(vec![b"3".as_slice()])), vec![Some(3.0)], levels([Some("3")])),
            (column(NullArray::new(2)), vec![None, None], levels([None, None])),
        ];
        for (column, numbers, levels) in all {
            assert_eq!(converted(&column), (numbers, Vec::new(), levels), "{}", column.data_type());
        }
        let misfits: Vec<(ArrayRef, Vec<&str>, Levels)> = vec![
            (column(StringArray::from(vec!["a lot", "1"])), vec!["\"a lot\""], levels([Some("a lot"), Some("1")])),
            (
                keyed([Some("many"), Some("many"), None]),
                vec!["\"many\"", "\"many\""],
                levels([Some("many"), Some("many"), None]),
            ),
            (column(BinaryArray::from(vec![[0xff_u8, 0].as_slice()])), vec!["\"ff00\""], levels([Some("ff00")])),
            (
                column(TimestampMicrosecondArray::from(vec![Some(0), None])),
                vec!["a column of Timestamp(µs)"],
                levels([Some("1970-01-01T00:00:00"), None]),
            ),
            (column(Date32Array::from(vec![1])), vec!["a column of Date32"], levels([Some("1970-01-02")])),
            (
                column(DurationMillisecondArray::from(vec![5])),
                vec!["a column of Duration(ms)"],
                levels([Some("PT0.005S")]),
            ),
        ];
        for (column, complaints, levels) in misfits {
            let (numbers, found, own) = converted(&column);
            assert_eq!((&found, &own), (&complaints.iter().map(|&text| text.to_owned()).collect(), &levels));
            assert_eq!(numbers.iter().flatten().count(), column.len() - column.null_count() - found.len());
        }
        let mut found = 0;
        assert_eq!(to_numbers(&column(list), &mut |_| found += 1).null_count(), 2);
        assert_eq!(found, 1);
    }

    #[test]
    fn a_scalar_and_a_column_are_converted_in_the_same_way() {
        let values: Vec<(Value<'_>, ArrayRef)> = vec![
            (Value::Null, column(StringArray::from(vec![None::<&str>]))),
            (Value::Bool(true), column(BooleanArray::from(vec![true]))),
            (Value::Integer(-7), column(Int64Array::from(vec![-7]))),
            (Value::Large(u64::MAX), column(UInt64Array::from(vec![u64::MAX]))),
            (Value::Real(2.50), column(Float64Array::from(vec![2.5]))),
            (Value::Real(f64::NAN), column(Float64Array::from(vec![f64::NAN]))),
            (Value::Text("12.0"), column(StringArray::from(vec!["12.0"]))),
            (Value::Text("<NA>"), column(StringArray::from(vec!["<NA>"]))),
            (Value::Text("12 EUR"), column(StringArray::from(vec!["12 EUR"]))),
        ];
        for (value, column) in values {
            let (numbers, complaints, levels) = converted(&column);
            let number = match value.number() {
                Number::Value(number) => (vec![Some(number)], Vec::new()),
                Number::Missing => (vec![None], Vec::new()),
                Number::Invalid => (vec![None], vec![value.to_string()]),
            };
            assert_eq!((numbers, complaints), number, "{value}");
            assert_eq!(levels, [value.level().map(std::borrow::Cow::into_owned)], "{value}");
        }
        assert_eq!((Value::Nested.number(), Value::Nested.level()), (Number::Invalid, None));
    }
}
