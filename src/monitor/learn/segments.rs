//! Segments of training rows: counted in addition to all rows, so that each segment of a window is compared with its own
//! reference.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array};
use vigie_profile::{
    batch::{Number, Rows, level, level_of_number, number},
    layout::{Feature, Kind},
    segment::{SegmentSpec, Segments},
};

use crate::{
    fault::{Fault, Result},
    reference::{Reference, Training, TrainingValues},
};

/// Number of most important features to count within segments.
const WITHIN: usize = 10;

/// Adds the counts of these segments to a reference.
pub(crate) fn add_segments(
    reference: Reference,
    training: &Training,
    chosen: &SegmentSpec,
    score: &str,
) -> Result<Reference> {
    let within = most_important(&reference);
    let segments = Segments::new(chosen, reference.layout(), reference.profile(), &within).map_err(Fault::setup)?;
    let features = reference.layout().features();
    let needed = segments.columns().iter().filter_map(|place| features.get(*place));
    let scores = numbers(&training.column(score)?.values);
    let rows = Rows {
        len: training.rows,
        features: needed.map(|feature| column(training, feature).map(Some)).collect::<Result<_>>()?,
        probability: Some(Float64Array::from(scores)),
    };
    reference.with_segment_rows(&segments, &rows)
}

fn most_important(reference: &Reference) -> Vec<usize> {
    let known =
        reference.importance().iter().enumerate().filter_map(|(place, importance)| Some((place, (*importance)?)));
    let mut ranked: Vec<(usize, f64)> = known.collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(WITHIN).map(|(place, _)| place).collect()
}

/// Converts a feature's values to the form in which a log reader returns them.
fn column(training: &Training, feature: &Feature) -> Result<ArrayRef> {
    let values = &training.column(&feature.name)?.values;
    Ok(match (feature.kind(), values) {
        (Kind::Numeric, values) => Arc::new(Float64Array::from(numbers(values))),
        (Kind::Categorical, TrainingValues::Texts(texts)) => {
            let levels: Vec<_> = texts.iter().map(|text| level(text.as_deref()?)).collect();
            Arc::new(levels.iter().map(Option::as_deref).collect::<DictionaryArray<arrow_array::types::Int32Type>>())
        }
        (Kind::Categorical, values) => {
            let levels: Vec<Option<String>> = numbers(values).iter().map(|value| level_of_number(*value)).collect();
            Arc::new(levels.iter().map(Option::as_deref).collect::<DictionaryArray<arrow_array::types::Int32Type>>())
        }
    })
}

/// Converts values to numbers, NaN where missing or not a number.
fn numbers(values: &TrainingValues) -> Vec<f64> {
    match values {
        TrainingValues::Numbers(numbers) => numbers.clone(),
        TrainingValues::Texts(texts) => texts
            .iter()
            .map(|text| match text.as_deref().map_or(Number::Missing, number) {
                Number::Value(value) => value,
                Number::Missing | Number::Not => f64::NAN,
            })
            .collect(),
        TrainingValues::Other => Vec::new(),
    }
}
