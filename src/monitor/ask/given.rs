//! One record given in a file, read as a log's record is.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, types::Int32Type};
use serde_json::{Map, Value};
use vigie_profile::{
    batch::{Number, Rows, level, level_of_number, number},
    layout::{Column, Kind, Layout},
    near::instead,
    shown::shown,
};

use crate::{
    config::Settings,
    fault::{Fault, Result},
    replay::Rescorer,
};

/// The field that holds ids, in the config's words.
pub(crate) fn described(settings: &Settings) -> String {
    let paths = settings.source.fields.id.iter().flat_map(crate::source::Paths::iter);
    paths.map(|path| format!("`{}`", shown(path))).collect::<Vec<_>>().join(" or ")
}

/// The inputs of the record: where the config has them in the log, or the file's own keys.
pub(crate) fn given(bytes: &[u8], settings: &Settings, model: &Rescorer, layout: &Layout) -> Result<Rows> {
    let record: Value = serde_json::from_slice(bytes)
        .map_err(|error| Fault::setup(format!("it is not JSON ({error}); write one record as an object")))?;
    let Some(whole) = record.as_object() else {
        return Err(Fault::setup("it is not one record: write an object of features and values"));
    };
    let mut paths = settings.source.fields.features.iter().flat_map(crate::source::Paths::iter);
    let inside = paths.find_map(|path| at(&record, path)?.as_object());
    let inputs = inside.unwrap_or(whole);
    let columns: Vec<Column> = layout.columns();
    let mut rows = Rows { len: 1, features: vec![None; columns.len()], probability: None };
    for (feature, place) in model.forest().features().iter().zip(model.columns()) {
        let Some(column) = place.and_then(|place| columns.get(place)) else { continue };
        let value = match inputs.get(&column.name) {
            Some(value) => value,
            None if feature.used => return Err(lacking(&column.name, inputs)),
            None => continue,
        };
        if let Some(slot) = place.and_then(|place| rows.features.get_mut(place)) {
            *slot = Some(array(column, value)?);
        }
    }
    Ok(rows)
}

fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    value.get(path).or_else(|| path.split('.').try_fold(value, |value, piece| value.get(piece)))
}

fn lacking(feature: &str, inputs: &Map<String, Value>) -> Fault {
    Fault::setup(format!(
        "it has no `{}`, which the model reads (null is a missing value); it has: {}",
        shown(feature),
        instead(feature, inputs.keys().map(String::as_str))
    ))
}

fn array(column: &Column, value: &Value) -> Result<ArrayRef> {
    let wrong = |wants: &str| {
        Fault::setup(format!(
            "`{}` is {}, where the model wants {wants}",
            shown(&column.name),
            shown(&value.to_string())
        ))
    };
    Ok(match column.kind {
        Kind::Numeric => {
            let number = match value {
                Value::Null => None,
                Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
                Value::Number(number) => number.as_f64(),
                Value::String(text) => match number(text) {
                    Number::Value(value) => Some(value),
                    Number::Missing => None,
                    Number::Not => return Err(wrong("a number")),
                },
                Value::Array(_) | Value::Object(_) => return Err(wrong("a number")),
            };
            Arc::new(Float64Array::from(vec![number]))
        }
        Kind::Categorical => {
            let spelled = match value {
                Value::Null => None,
                Value::Bool(truth) => Some(u8::from(*truth).to_string()),
                Value::Number(number) if number.is_f64() => number.as_f64().and_then(level_of_number),
                Value::Number(number) => Some(number.to_string()),
                Value::String(text) => level(text).map(std::borrow::Cow::into_owned),
                Value::Array(_) | Value::Object(_) => return Err(wrong("a level")),
            };
            Arc::new([spelled.as_deref()].into_iter().collect::<DictionaryArray<Int32Type>>())
        }
    })
}
