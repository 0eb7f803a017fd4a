//! Converts rows of a table to model inputs, and computes their raw outputs.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use vigie_models::{Forest, InputKind, Inputs, ModelFeature};
use vigie_profile::batch::{Number, level_of_number, number};

use crate::{
    fault::{Fault, Result},
    monitor::ask::shap_columns::by_thread,
    reference::{Training, TrainingValues},
};

/// Converts all rows of a table. Columns are matched by name.
pub(crate) fn inputs(forest: &Forest, table: &Training) -> Result<Inputs> {
    let columns: Vec<Option<ArrayRef>> =
        forest.features().iter().map(|feature| input(table, feature).map(Some)).collect::<Result<_>>()?;
    Ok(Inputs::new(forest, table.rows, &columns)?)
}

/// Converts the column of a feature.
fn input(table: &Training, feature: &ModelFeature) -> Result<ArrayRef> {
    let column = table.column(&feature.name).map_err(|fault| fault.context("--data"))?;
    let wrong = |found: &str, expected: &str| {
        Err(Fault::setup(format!(
            "--data {}: column `{}` holds {found}, but the model expects {expected}",
            table.name, feature.name
        )))
    };
    Ok(match (feature.kind, &column.values) {
        (InputKind::Numeric, TrainingValues::Numbers(numbers)) => Arc::new(Float64Array::from(numbers.clone())),
        // Every cell of CSV is text.
        (InputKind::Numeric, TrainingValues::Texts(texts)) => {
            let mut numbers = Vec::with_capacity(texts.len());
            for text in texts {
                match text.as_deref().map_or(Number::Missing, number) {
                    Number::Missing => numbers.push(f64::NAN),
                    Number::Value(value) => numbers.push(value),
                    Number::Not => {
                        return wrong(&format!("`{}`", text.as_deref().unwrap_or_default()), "a number");
                    }
                }
            }
            Arc::new(Float64Array::from(numbers))
        }
        (InputKind::Categorical, TrainingValues::Texts(texts)) => {
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())
        }
        (InputKind::Categorical, TrainingValues::Numbers(numbers)) => {
            Arc::new(numbers.iter().map(|value| level_of_number(*value)).collect::<StringArray>())
        }
        (_, TrainingValues::Other) => return wrong("times or nested values", "a number or a level"),
    })
}

/// Raw outputs of all rows, computed in parallel.
pub(crate) fn raw_outputs(forest: &Forest, inputs: &Inputs, threads: usize) -> Result<Vec<f64>> {
    let mut raw = vec![0.0; inputs.rows() * forest.output_count()];
    let each = inputs.rows().div_ceil(threads.max(1)).max(1);
    let parts = raw.chunks_mut(each * forest.output_count());
    by_thread(inputs.rows(), each, parts, |rows, out| Ok(forest.predict_raw(inputs, rows, out)?))?;
    Ok(raw)
}
