//! Reads one record from a JSON file, in the same way as a record of the log.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, types::Int32Type};
use serde_json::{Map, Value};
use vigie_profile::{
    batch::{Number, Rows, Value as Scalar, plain_tokens},
    layout::{Column, Kind, Layout, LevelSpelling},
    near::suggestions,
    shown::shown,
};

use crate::{
    config::Settings,
    fault::{Fault, Result},
    reference::json_scalar,
    replay::Rescorer,
};

/// The mapped paths of the id, as text.
pub(crate) fn id_field(settings: &Settings) -> String {
    let paths = settings.source.fields.id.iter().flat_map(crate::source::Paths::iter);
    paths.map(|path| format!("`{}`", shown(path))).collect::<Vec<_>>().join(" or ")
}

/// Reads the inputs of the record: at the path that the config maps, or at the top level of the file.
pub(crate) fn read_row(bytes: &[u8], settings: &Settings, model: &Rescorer, layout: &Layout) -> Result<Rows> {
    // Python writes the bare tokens NaN and Infinity.
    let plain = |error| plain_tokens(bytes).and_then(|plain| serde_json::from_slice(&plain).ok()).ok_or(error);
    let record: Value = serde_json::from_slice(bytes).or_else(plain).map_err(|error: serde_json::Error| {
        Fault::setup(format!("invalid JSON: {error}; write one record as an object"))
    })?;
    let Some(object) = record.as_object() else {
        return Err(Fault::setup("not a single record; write one object of features and values"));
    };
    let mut paths = settings.source.fields.features.iter().flat_map(crate::source::Paths::iter);
    let inside = paths.find_map(|path| at(&record, path)?.as_object());
    let inputs = inside.unwrap_or(object);
    let columns: Vec<Column> = [&layout.columns(), model.extra_columns()].concat();
    let mut rows = Rows { len: 1, features: vec![None; columns.len()], ..Rows::default() };
    let features = model.model().features();
    let places = features.iter().zip(model.columns()).map(|(feature, place)| (feature, *place));
    for (feature, place) in places.chain(features.iter().zip(model.input_columns())) {
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

/// Converts a value to a column of one row, as log readers do. A value that does not fit is an error.
fn array(column: &Column, value: &Value) -> Result<ArrayRef> {
    let wrong = |expected: &str| {
        Fault::setup(format!(
            "`{}` is {}, but the model expects {expected}",
            shown(&column.name),
            shown(&value.to_string())
        ))
    };
    let scalar = json_scalar(value);
    Ok(match column.kind {
        Kind::Numeric => Arc::new(Float64Array::from(vec![match scalar.number() {
            Number::Value(value) => Some(value),
            Number::Missing => None,
            Number::Invalid => return Err(wrong("a number")),
        }])),
        Kind::Categorical if scalar == Scalar::Nested => return Err(wrong("a level")),
        Kind::Categorical if let (LevelSpelling::AsWritten, Scalar::Text(text)) = (column.spelling, scalar) => {
            Arc::new([Some(text)].into_iter().collect::<DictionaryArray<Int32Type>>())
        }
        Kind::Categorical => Arc::new([scalar.level().as_deref()].into_iter().collect::<DictionaryArray<Int32Type>>()),
    })
}
