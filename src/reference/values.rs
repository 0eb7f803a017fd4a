//! Converts the columns of a training table to plain values, by the rule of [`vigie_profile::batch::Value`].

use arrow_array::{ArrayRef, DictionaryArray, StringArray, cast::AsArray, types::Int32Type};
use serde_json::Value;
use vigie_profile::batch::{self, Number, fits_f64, for_each_number, number, texts, to_levels, to_numbers};

use super::{columns::ColumnKind, training::TrainingValues};

/// Converts the arrays of a column.
pub(super) fn values_of_arrays(kind: ColumnKind, arrays: &[ArrayRef]) -> TrainingValues {
    let all_texts = || {
        let arrays = arrays.iter().map(texts);
        arrays.flat_map(|array| array.iter().map(|text| text.map(ToOwned::to_owned)).collect::<Vec<_>>()).collect()
    };
    match kind {
        ColumnKind::Numbers if arrays.iter().all(fits_f64) => {
            let mut numbers = Vec::new();
            for array in arrays {
                for_each_number(to_numbers(array, &mut |_| {}).as_ref(), &mut |value| numbers.push(value));
            }
            TrainingValues::Numbers(numbers)
        }
        ColumnKind::Numbers => TrainingValues::Digits(arrays.iter().flat_map(levels_in_order).collect()),
        ColumnKind::Texts => TrainingValues::Texts(all_texts()),
        ColumnKind::Times => TrainingValues::Times(all_texts()),
        ColumnKind::Other => TrainingValues::Other,
    }
}

fn levels_in_order(column: &ArrayRef) -> Vec<Option<String>> {
    let levels = to_levels(column);
    let keyed = levels.as_dictionary_opt::<Int32Type>().and_then(DictionaryArray::downcast_dict::<StringArray>);
    keyed.map_or_else(
        || vec![None; column.len()],
        |levels| levels.into_iter().map(|level| level.map(ToOwned::to_owned)).collect(),
    )
}

/// Converts the values of a column of JSON. Numbers and booleans are numbers. A single text makes the whole column text,
/// unless all texts stand for what JSON cannot write: missing values and infinities. A nested value makes the column
/// unusable.
pub(super) fn values_of_json(values: Vec<Value>) -> TrainingValues {
    if values.iter().any(|value| value.is_object() || value.is_array()) {
        return TrainingValues::Other;
    }
    let is_unwritable = |text: &str| match number(text) {
        Number::Missing => true,
        Number::Value(value) => value.is_infinite(),
        Number::Invalid => false,
    };
    let has_words = values.iter().filter_map(Value::as_str).any(|text| !is_unwritable(text));
    let has_texts = values.iter().any(Value::is_string);
    if has_words || has_texts && !values.iter().any(Value::is_number) {
        return TrainingValues::Texts(values.into_iter().map(text).collect());
    }
    if values.iter().all(is_exact) {
        let numbers = values.iter().map(|value| match json_scalar(value).number() {
            Number::Value(value) => value,
            Number::Missing | Number::Invalid => f64::NAN,
        });
        return TrainingValues::Numbers(numbers.collect());
    }
    let digits = |value: &Value| json_scalar(value).level().map(std::borrow::Cow::into_owned);
    TrainingValues::Digits(values.iter().map(digits).collect())
}

/// Text as written; other values as levels.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        value => json_scalar(&value).level().map(std::borrow::Cow::into_owned),
    }
}

/// Whether `f64` represents an integer.
fn is_exact(value: &Value) -> bool {
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    match (value.as_i64(), value.as_u64()) {
        (Some(integer), _) => integer.unsigned_abs() < EXACT,
        (None, Some(_)) => false,
        (None, None) => true,
    }
}

/// A JSON value as a scalar.
#[must_use]
pub fn json_scalar(value: &Value) -> batch::Value<'_> {
    match value {
        Value::Null => batch::Value::Null,
        Value::Bool(flag) => batch::Value::Bool(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => batch::Value::Integer(integer),
            (None, Some(large)) => batch::Value::Large(large),
            (None, None) => number.as_f64().map_or(batch::Value::Null, batch::Value::Real),
        },
        Value::String(text) => batch::Value::Text(text),
        Value::Array(_) | Value::Object(_) => batch::Value::Nested,
    }
}
