//! Converts columns of any type to the inputs of a model: the one rule for logs, tables and single records.
//!
//! A numeric feature reads numbers by the rule of [`vigie_profile::batch::Value`]. A value that is not a number is an
//! error, as in the official libraries, and never counts as missing. (In a log, readers have replaced it by a null and
//! counted a complaint.)
//!
//! A categorical feature reads levels in the spelling that the model was trained with: as written if the model knows
//! that level, otherwise in another spelling of the same value that it knows (`1` may have been `1.0`, `True` or `true`;
//! `nan` may have been `None`), otherwise as written. Columns of numbers are spelled canonically first. A missing level is
//! the word that the config names, or else a usual word for missing values that the model knows.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use arrow_array::{Array, ArrayRef, StringArray, builder::StringBuilder, cast::AsArray, types::Int32Type};
use arrow_schema::DataType;
use vigie_models::{InputKind, Inputs, Model, ModelFeature, ValueColumn};
use vigie_profile::{
    batch::{NotANumber, is_text, texts, to_levels, to_numbers},
    shown::shown,
};

use super::{
    missing_input::MissingInput,
    spelling::{has_other_spellings, trained_spelling},
};
use crate::fault::{Fault, Result};

/// Prepares `rows` rows: one column for each feature of the model, in its order. `None` stands for a column that is
/// missing in every row. `missing`: for each feature, what the application passes for a missing level, if it is known.
pub fn model_inputs(
    model: &Model,
    rows: usize,
    columns: impl IntoIterator<Item = Option<ArrayRef>>,
    missing: &[Option<MissingInput>],
) -> Result<Inputs> {
    let features = model.features().iter().enumerate();
    let converted = features.zip(columns).map(|((index, feature), column)| {
        let missing = missing.get(index).and_then(Option::as_ref).filter(|_| feature.kind == InputKind::Categorical);
        let column = column.map(|column| input(model, index, feature, &column, missing.is_some())).transpose()?;
        Ok(match missing.and_then(MissingInput::word) {
            Some(word) => Some(fill_missing(column, rows, word)),
            None => column,
        })
    });
    let converted: Vec<Option<ArrayRef>> = converted.collect::<Result<_>>()?;
    Ok(model.inputs(rows, &converted)?)
}

/// Like [`model_inputs`], from columns that were read value by value, with levels as written.
pub fn value_inputs<'c>(
    model: &Model,
    rows: usize,
    columns: Vec<Option<ValueColumn<'c>>>,
    missing: &[Option<MissingInput>],
) -> Result<Inputs> {
    let spelled = columns.into_iter().enumerate().map(|(index, column)| match column {
        Some(ValueColumn::Levels(levels)) => {
            let missing = missing.get(index).and_then(Option::as_ref);
            let word = missing.and_then(MissingInput::word);
            let spell = |level: Cow<'c, str>| spelled_level(model, index, level, missing.is_some());
            let levels =
                levels.into_iter().map(|level| level.and_then(spell).or_else(|| Some(word?.to_owned().into())));
            Some(ValueColumn::Levels(levels.collect()))
        }
        other => other,
    });
    Ok(model.value_inputs(rows, &spelled.collect::<Vec<_>>())?)
}

fn input(
    model: &Model,
    index: usize,
    feature: &ModelFeature,
    column: &ArrayRef,
    is_configured: bool,
) -> Result<ArrayRef> {
    match feature.kind {
        _ if column.data_type() == &DataType::Null => Ok(column.clone()),
        InputKind::Numeric => numbers(feature, column),
        InputKind::Categorical => levels(model, index, feature, column, is_configured),
    }
}

/// Replaces missing levels by a word.
fn fill_missing(column: Option<ArrayRef>, rows: usize, word: &str) -> ArrayRef {
    match column {
        Some(column) if column.logical_null_count() == 0 => column,
        Some(column) if column.data_type() != &DataType::Null => {
            let levels = texts(&column);
            Arc::new(levels.iter().map(|level| Some(level.unwrap_or(word))).collect::<StringArray>())
        }
        _ => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(word, rows))),
    }
}

fn numbers(feature: &ModelFeature, column: &ArrayRef) -> Result<ArrayRef> {
    let mut wrong = None;
    let numbers = to_numbers(column, &mut |found| {
        wrong.get_or_insert_with(|| misfit(feature, found));
    });
    wrong.map_or(Ok(numbers), Err)
}

/// The error for a value that does not fit a numeric feature.
fn misfit(feature: &ModelFeature, found: NotANumber<'_>) -> Fault {
    let found = match found {
        NotANumber::Text(text) => format!("text such as `{}`", shown(text)),
        NotANumber::Type(kind) => format!("values of type {kind}"),
    };
    Fault::setup(format!("`{}` holds {found}, but the model expects a number", shown(&feature.name)))
}

fn levels(
    model: &Model,
    index: usize,
    feature: &ModelFeature,
    column: &ArrayRef,
    is_configured: bool,
) -> Result<ArrayRef> {
    let kind = column.data_type();
    if kind.is_nested() && !matches!(kind, DataType::Dictionary(..)) {
        let name = shown(&feature.name);
        return Err(Fault::setup(format!("`{name}` holds values of type {kind}, but the model expects a level")));
    }
    let is_keyed = |column: &ArrayRef| {
        column.as_dictionary_opt::<Int32Type>().is_some_and(|keyed| keyed.values().data_type() == &DataType::Utf8)
    };
    let column = match kind {
        DataType::Utf8 => column.clone(),
        _ if is_keyed(column) => column.clone(),
        kind if is_text(kind) => Arc::new(texts(column)),
        _ => to_levels(column),
    };
    Ok(if let Some(keyed) = column.as_dictionary_opt::<Int32Type>() {
        let texts = spelled(model, index, keyed.values().as_string::<i32>(), is_configured);
        texts.map_or_else(|| column.clone(), |texts| Arc::new(keyed.with_values(Arc::new(texts))))
    } else {
        let texts = spelled(model, index, column.as_string::<i32>(), is_configured);
        texts.map_or_else(|| column.clone(), |texts| Arc::new(texts))
    })
}

/// A level in the spelling of the model; `None`: a missing value.
fn spelled_level<'l>(model: &Model, feature: usize, level: Cow<'l, str>, is_configured: bool) -> Option<Cow<'l, str>> {
    if !has_other_spellings(&level) {
        return Some(level);
    }
    match level {
        Cow::Borrowed(text) => trained_spelling(model, feature, text, is_configured),
        Cow::Owned(text) => {
            trained_spelling(model, feature, &text, is_configured).map(|level| Cow::Owned(level.into_owned()))
        }
    }
}

/// The levels in the spelling of the model; `None` if no level could have another spelling.
fn spelled(model: &Model, feature: usize, texts: &StringArray, is_configured: bool) -> Option<StringArray> {
    if !texts.iter().flatten().any(has_other_spellings) {
        return None;
    }
    // Codes repeat, and looking up a spelling takes longer than hashing a text.
    let mut known: HashMap<&str, Option<Cow<'_, str>>> = HashMap::new();
    let mut spelled = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
    for text in texts {
        let spelling = text.and_then(|text| {
            if !has_other_spellings(text) {
                return Some(Cow::Borrowed(text));
            }
            let spell = || spelled_level(model, feature, Cow::Borrowed(text), is_configured);
            known.entry(text).or_insert_with(spell).clone()
        });
        spelled.append_option(spelling);
    }
    Some(spelled.finish())
}
