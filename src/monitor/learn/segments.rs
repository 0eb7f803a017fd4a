//! Segments of training rows: counted beside all rows, so that a window's segment has its own to be held against.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array};
use vigie_profile::{
    batch::{Number, Rows, level, level_of_number, number},
    layout::{Feature, Kind},
    segment::{Chosen, Segments},
};

use crate::{
    fault::{Fault, Result},
    reference::{Reference, Training, Values},
};

/// So many of the most important features are counted within segments.
const WITHIN: usize = 10;

/// The reference with its rows of these segments.
pub(crate) fn apart(reference: Reference, training: &Training, chosen: &Chosen, score: &str) -> Result<Reference> {
    let within = most_important(&reference);
    let segments = Segments::new(chosen, reference.layout(), reference.profile(), &within)
        .map_err(|why| Fault::setup(format!("segments.{why}")))?;
    let features = reference.layout().features();
    let needed = segments.columns().iter().filter_map(|place| features.get(*place));
    let scores = numbers(&training.column(score)?.values);
    let rows = Rows {
        len: training.rows,
        features: needed.map(|feature| column(training, feature).map(Some)).collect::<Result<_>>()?,
        probability: Some(Float64Array::from(scores)),
    };
    reference.apart_by(&segments, &rows)
}

fn most_important(reference: &Reference) -> Vec<usize> {
    let known =
        reference.importance().iter().enumerate().filter_map(|(place, importance)| Some((place, (*importance)?)));
    let mut ranked: Vec<(usize, f64)> = known.collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(WITHIN).map(|(place, _)| place).collect()
}

/// A feature's values as a reader of a log would hand them over.
fn column(training: &Training, feature: &Feature) -> Result<ArrayRef> {
    let values = &training.column(&feature.name)?.values;
    Ok(match (feature.kind(), values) {
        (Kind::Numeric, values) => Arc::new(Float64Array::from(numbers(values))),
        (Kind::Categorical, Values::Texts(texts)) => {
            let levels: Vec<_> = texts.iter().map(|text| level(text.as_deref()?)).collect();
            Arc::new(levels.iter().map(Option::as_deref).collect::<DictionaryArray<arrow_array::types::Int32Type>>())
        }
        (Kind::Categorical, values) => {
            let levels: Vec<Option<String>> = numbers(values).iter().map(|value| level_of_number(*value)).collect();
            Arc::new(levels.iter().map(Option::as_deref).collect::<DictionaryArray<arrow_array::types::Int32Type>>())
        }
    })
}

/// NaN where there is none.
fn numbers(values: &Values) -> Vec<f64> {
    match values {
        Values::Numbers(numbers) => numbers.clone(),
        Values::Texts(texts) => texts
            .iter()
            .map(|text| match text.as_deref().map_or(Number::Missing, number) {
                Number::Value(value) => value,
                Number::Missing | Number::Not => f64::NAN,
            })
            .collect(),
        Values::Other => Vec::new(),
    }
}
