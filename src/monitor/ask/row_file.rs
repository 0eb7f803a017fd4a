//! Reads one record from a JSON file, in the same way as a record of the log.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, types::Int32Type};
use serde_json::{Map, Value};
use vigie_profile::{
    batch::{Number, Rows, level, level_of_number, number},
    layout::{Column, Kind, Layout},
    near::suggestions,
    shown::shown,
};

use crate::{
    config::Settings,
    fault::{Fault, Result},
    replay::Rescorer,
};

/// The mapped paths of the id, as text.
pub(crate) fn id_field(settings: &Settings) -> String {
    let paths = settings.source.fields.id.iter().flat_map(crate::source::Paths::iter);
    paths.map(|path| format!("`{}`", shown(path))).collect::<Vec<_>>().join(" or ")
}

/// Reads the inputs of the record: at the path that the config maps, or at the top level of the file.
pub(crate) fn read_row(bytes: &[u8], settings: &Settings, model: &Rescorer, layout: &Layout) -> Result<Rows> {
    let record: Value = serde_json::from_slice(bytes)
        .map_err(|error| Fault::setup(format!("invalid JSON: {error}; write one record as an object")))?;
    let Some(object) = record.as_object() else {
        return Err(Fault::setup("not a single record; write one object of features and values"));
    };
    let mut paths = settings.source.fields.features.iter().flat_map(crate::source::Paths::iter);
    let inside = paths.find_map(|path| at(&record, path)?.as_object());
    let inputs = inside.unwrap_or(object);
    let columns: Vec<Column> = layout.columns();
    let mut rows = Rows { len: 1, features: vec![None; columns.len()], probability: None };
    for (feature, place) in model.forest().features().iter().zip(model.columns()) {
        let Some(column) = place.and_then(|place| columns.get(place)) else { continue };
        let value = match inputs.get(&column.name) {
            Some(value) => value,
            None if feature.used => return Err(missing_feature(&column.name, inputs)),
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

fn missing_feature(feature: &str, inputs: &Map<String, Value>) -> Fault {
    Fault::setup(format!(
        "feature `{}` is not in the record, but the model uses it (use null for a missing value); keys present: {}",
        shown(feature),
        suggestions(feature, inputs.keys().map(String::as_str))
    ))
}

fn array(column: &Column, value: &Value) -> Result<ArrayRef> {
    let wrong = |expected: &str| {
        Fault::setup(format!(
            "`{}` is {}, but the model expects {expected}",
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
