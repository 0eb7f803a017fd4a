//! Converts Arrow columns of any type to numbers or levels, by the rule of [`Value`](super::Value).

use std::{borrow::Cow, collections::HashMap, fmt, hash::Hash, sync::Arc};

use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray,
    cast::AsArray,
    new_null_array,
    types::{Int32Type, Int64Type, UInt64Type},
};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};

use super::{Number, decimals_to_f64, for_each_number, level, level_of_decimal, level_of_number, number};

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

/// Returns whether a column of this type holds bytes: text that the writer did not mark as UTF-8, or binary identifiers.
#[must_use]
pub fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
}

/// The type as which a column of a file is decoded: a dictionary of anything but text as its values, because decoders know
/// few such dictionaries. (pandas writes a category of booleans as one.)
#[must_use]
pub fn decoded_type(kind: &DataType) -> DataType {
    let decoded = |field: &Arc<Field>| {
        let kind = decoded_type(field.data_type());
        Arc::new(Field::clone(field).with_data_type(kind))
    };
    match kind {
        DataType::Dictionary(_, values) if !is_text(values) => decoded_type(values),
        DataType::List(items) => DataType::List(decoded(items)),
        DataType::LargeList(items) => DataType::LargeList(decoded(items)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(decoded).collect()),
        _ => kind.clone(),
    }
}

/// Columns of numbers that [`for_each_number`] supports and models read.
fn is_plain(kind: &DataType) -> bool {
    kind.is_integer() || matches!(kind, DataType::Boolean | DataType::Float32 | DataType::Float64)
}

/// Replaces a dictionary by its values, unless they are text.
fn without_dictionary(column: &ArrayRef) -> Cow<'_, ArrayRef> {
    match column.data_type() {
        DataType::Dictionary(_, values) if !is_text(values) => {
            cast(column, values).map_or(Cow::Borrowed(column), Cow::Owned)
        }
        _ => Cow::Borrowed(column),
    }
}

/// Decodes bytes as UTF-8, or as hexadecimal where they are not printable text.
#[must_use]
pub fn text_of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    use std::fmt::Write as _;
    let is_printable = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(is_printable) => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })),
    }
}

fn texts_from_bytes(column: &ArrayRef) -> StringArray {
    let Ok(bytes) = cast(column, &DataType::LargeBinary) else {
        return std::iter::repeat_n(None::<&str>, column.len()).collect();
    };
    bytes.as_binary::<i64>().iter().map(|bytes| bytes.map(text_of_bytes)).collect()
}

/// Formats times, in UTC if they have a time zone, with no more digits of a second than needed.
fn texts_of_times(column: &ArrayRef) -> StringArray {
    let texts = match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let utc = cast(column, &DataType::Timestamp(*unit, Some("+00:00".into())));
            cast_to_text(&utc.unwrap_or_else(|_| column.clone()))
        }
        _ => cast_to_text(column),
    };
    texts.iter().map(|text| text.map(without_trailing_zeros)).collect()
}

/// `…:01.500Z` → `…:01.5Z`
fn without_trailing_zeros(time: &str) -> Cow<'_, str> {
    let (civil, zone) = time.strip_suffix('Z').map_or((time, ""), |civil| (civil, "Z"));
    match civil.rsplit_once('.') {
        Some((whole, fraction)) if fraction.ends_with('0') && fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            let fraction = fraction.trim_end_matches('0');
            let dot = if fraction.is_empty() { "" } else { "." };
            Cow::Owned(format!("{whole}{dot}{fraction}{zone}"))
        }
        _ => Cow::Borrowed(time),
    }
}

fn cast_to_text(column: &ArrayRef) -> StringArray {
    cast(column, &DataType::Utf8)
        .ok()
        .and_then(|texts| texts.as_string_opt::<i32>().cloned())
        .unwrap_or_else(|| std::iter::repeat_n(None::<&str>, column.len()).collect())
}

/// Converts any column to text. Numbers are spelled as Arrow prints them.
#[must_use]
pub fn texts(column: &ArrayRef) -> StringArray {
    let column = without_dictionary(column);
    match column.data_type() {
        kind if is_bytes(kind) => texts_from_bytes(&column),
        kind if kind.is_temporal() => texts_of_times(&column),
        // Booleans are spelled 0 and 1.
        DataType::Boolean => cast_to_text(&cast(&*column, &DataType::Int8).unwrap_or_else(|_| column.into_owned())),
        _ => cast_to_text(&column),
    }
}

/// Returns whether `f64` represents every value of a column of numbers, or only rounds its fraction.
#[must_use]
pub fn fits_f64(column: &ArrayRef) -> bool {
    /// 2^53. It may be the result of rounding 2^53 + 1.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let column = without_dictionary(column);
    let kind = column.data_type();
    if !kind.is_decimal() && !matches!(kind, DataType::Int64 | DataType::UInt64) {
        return true;
    }
    let mut fits = true;
    for_each_number(decimals_to_f64(&column).as_ref(), &mut |value| fits &= value.is_nan() || value.abs() < EXACT);
    fits
}

/// Converts a column to a type that [`for_each_number`] supports. A value that is not a number becomes missing and is
/// passed to `complain`.
pub fn to_numbers(column: &ArrayRef, complain: &mut dyn FnMut(NotANumber<'_>)) -> ArrayRef {
    let column = without_dictionary(column);
    let kind = column.data_type();
    if is_plain(kind) {
        return column.into_owned();
    }
    if kind.is_decimal() {
        return decimals_to_f64(&column);
    }
    if is_text(kind) || is_bytes(kind) {
        return numbers_from_texts(&column, complain);
    }
    // (A cast would take the item of a list of fixed length 1 as the number.)
    let numbers = (!kind.is_temporal() && !kind.is_nested()).then(|| cast(&*column, &DataType::Float64).ok()).flatten();
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
    let column = without_dictionary(column);
    let rows = column.len();
    let keyed = match column.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => return levels_of_reals(&column),
        DataType::UInt64 => return keyed(column.as_primitive::<UInt64Type>(), |level| Some(level.to_string())),
        kind if kind.is_integer() => return levels_of_integers(&column),
        kind if kind.is_decimal() => Ok(Arc::new(levels_of_decimals(&column)) as ArrayRef),
        kind if is_text(kind) => Ok(column.into_owned()),
        _ => Ok(Arc::new(texts(&column)) as ArrayRef),
    }
    .and_then(|texts| cast(&texts, &dictionary));
    let Ok(spelled) = keyed else { return new_null_array(&dictionary, rows) };
    let Some(keyed) = spelled.as_dictionary_opt::<Int32Type>() else { return spelled };
    let levels: StringArray = keyed.values().as_string::<i32>().iter().map(|text| text.and_then(level)).collect();
    Arc::new(keyed.with_values(Arc::new(levels)))
}

/// Converts a column to a dictionary of levels, of which texts keep the spelling of the column.
#[must_use]
pub fn to_written_levels(column: &ArrayRef) -> ArrayRef {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let plain = without_dictionary(column);
    if !is_text(plain.data_type()) {
        return to_levels(column);
    }
    let keyed = cast(&*plain, &dictionary);
    keyed.unwrap_or_else(|_| new_null_array(&dictionary, column.len()))
}

fn levels_of_decimals(column: &ArrayRef) -> StringArray {
    cast_to_text(column).iter().map(|digits| level_of_decimal(digits?)).collect()
}

fn levels_of_integers(column: &ArrayRef) -> ArrayRef {
    let wide = cast(column, &DataType::Int64).unwrap_or_else(|_| column.clone());
    match wide.as_primitive_opt::<Int64Type>() {
        Some(integers) => keyed(integers, |level| Some(level.to_string())),
        None => column.clone(),
    }
}

fn levels_of_reals(column: &ArrayRef) -> ArrayRef {
    let mut bits = Vec::with_capacity(column.len());
    for_each_number(column.as_ref(), &mut |value| bits.push((!value.is_nan()).then_some(value.to_bits())));
    keyed(bits, |bits| level_of_number(f64::from_bits(bits)))
}

/// Builds a dictionary; each distinct value is spelled once.
fn keyed<T: Copy + Eq + Hash>(
    values: impl IntoIterator<Item = Option<T>>,
    spell: impl Fn(T) -> Option<String>,
) -> ArrayRef {
    let mut names: Vec<String> = Vec::new();
    let mut key_of: HashMap<T, Option<i32>> = HashMap::new();
    let mut key = |value: T| {
        *key_of.entry(value).or_insert_with(|| {
            names.push(spell(value)?);
            i32::try_from(names.len() - 1).ok()
        })
    };
    let keys: Int32Array = values.into_iter().map(|value| value.and_then(&mut key)).collect();
    let rows = keys.len();
    DictionaryArray::try_new(keys, Arc::new(StringArray::from(names))).map_or_else(
        |_| new_null_array(&DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), rows),
        |dictionary| Arc::new(dictionary) as ArrayRef,
    )
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DurationMillisecondArray,
        FixedSizeListArray, Float16Array, Float32Array, Int8Array, Int64Array, LargeStringArray, ListArray, NullArray,
        StringViewArray, TimestampMicrosecondArray, UInt8Array, UInt64Array, types::Int64Type,
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
        let digits = [9_007_199_254_740_993_000_i128, 1_500].map(arrow_buffer::i256::from_i128);
        let long = Decimal256Array::from(digits.to_vec()).with_precision_and_scale(76, 3).unwrap();
        let by_byte = |values| column(DictionaryArray::new(UInt8Array::from(vec![0, 1]), values));
        let all: Vec<(ArrayRef, Numbers, Levels)> = vec![
            (column(Int8Array::from(vec![Some(-3), None])), vec![Some(-3.0), None], levels([Some("-3"), None])),
            (
                column(Int64Array::from(vec![1_i64 << 53])),
                vec![Some(2_f64.powi(53))],
                levels([Some("9007199254740992")]),
            ),
            (
                column(Int64Array::from(vec![Some((1_i64 << 53) + 1), None, Some(i64::MIN)])),
                vec![Some(2_f64.powi(53)), None, Some(-2_f64.powi(63))],
                levels([Some("9007199254740993"), None, Some("-9223372036854775808")]),
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
            (column(long), vec![Some(2_f64.powi(53)), Some(1.5)], levels([Some("9007199254740993"), Some("1.5")])),
            (
                by_byte(column(Float32Array::from(vec![0.1, 2.0]))),
                vec![Some(f64::from(0.1_f32)), Some(2.0)],
                levels([Some("0.10000000149011612"), Some("2")]),
            ),
            (by_byte(column(BinaryArray::from(vec![b"a".as_slice(), b"b"]))).slice(0, 0), Vec::new(), Vec::new()),
            (column(NullArray::new(2)), vec![None, None], levels([None, None])),
        ];
        for (column, numbers, levels) in all {
            assert_eq!(converted(&column), (numbers, Vec::new(), levels), "{}", column.data_type());
        }
    }

    #[test]
    fn what_is_not_a_number_is_a_complaint_and_a_level() {
        let keyed = |texts: [Option<&str>; 3]| column(texts.into_iter().collect::<DictionaryArray<Int32Type>>());
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None]);
        let misfits: Vec<(ArrayRef, Vec<&str>, Levels)> = vec![
            (column(StringArray::from(vec!["a lot", "1"])), vec!["\"a lot\""], levels([Some("a lot"), Some("1")])),
            (column(StringArray::from(vec![" Private"])), vec!["\" Private\""], levels([Some(" Private")])),
            (column(BinaryArray::from(vec![b"{\n}".as_slice()])), vec!["\"{\n}\""], levels([Some("{\n}")])),
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
            (
                column(TimestampMicrosecondArray::from(vec![1_500_000]).with_timezone("Europe/Paris")),
                vec!["a column of Timestamp(µs, \"Europe/Paris\")"],
                levels([Some("1970-01-01T00:00:01.5Z")]),
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
        let single = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])], 1);
        assert_eq!(to_numbers(&column(single), &mut |_| found += 1).null_count(), 1);
        assert_eq!(found, 2);
    }

    #[test]
    fn only_dictionaries_of_text_are_decoded_as_such() {
        let keyed = |values| DataType::Dictionary(Box::new(DataType::Int8), Box::new(values));
        let items = |kind| DataType::List(Arc::new(Field::new("item", kind, true)));
        let text = keyed(DataType::Utf8);
        assert_eq!(decoded_type(&text), text);
        assert_eq!(decoded_type(&keyed(DataType::Boolean)), DataType::Boolean);
        assert_eq!(decoded_type(&items(keyed(DataType::Float16))), items(DataType::Float16));
        let of = |kind| DataType::Struct([Field::new("a", kind, true)].into_iter().collect());
        assert_eq!(decoded_type(&of(keyed(DataType::Boolean))), of(DataType::Boolean));
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
