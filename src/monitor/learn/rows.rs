//! Rows of a table as a model takes them, and their raw outputs.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use vigie_models::{Feature, Forest, InputKind, Inputs};
use vigie_profile::batch::{Number, level_of_number, number};

use crate::{
    fault::{Fault, Result},
    monitor::ask::explained::by_thread,
    reference::{Training, Values},
};

/// All rows of a table, columns found by name.
pub(crate) fn inputs(forest: &Forest, table: &Training) -> Result<Inputs> {
    let columns: Vec<Option<ArrayRef>> =
        forest.features().iter().map(|feature| input(table, feature).map(Some)).collect::<Result<_>>()?;
    Ok(Inputs::new(forest, table.rows, &columns)?)
}

/// The column of a feature, as the model takes it.
fn input(table: &Training, feature: &Feature) -> Result<ArrayRef> {
    let column = table.column(&feature.name).map_err(|fault| fault.context("--data"))?;
    let wrong = |holds: &str, wants: &str| {
        Err(Fault::setup(format!("--data: column `{}` holds {holds} where the model wants {wants}", feature.name)))
    };
    Ok(match (feature.kind, &column.values) {
        (InputKind::Numeric, Values::Numbers(numbers)) => Arc::new(Float64Array::from(numbers.clone())),
        // Every cell of CSV is text.
        (InputKind::Numeric, Values::Texts(texts)) => {
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
        (InputKind::Categorical, Values::Texts(texts)) => {
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())
        }
        (InputKind::Categorical, Values::Numbers(numbers)) => {
            Arc::new(numbers.iter().map(|value| level_of_number(*value)).collect::<StringArray>())
        }
        (_, Values::Other) => return wrong("times or nested values", "a number or a level"),
    })
}

/// Raw outputs of all rows, each thread its own.
pub(crate) fn raw_of(forest: &Forest, inputs: &Inputs, threads: usize) -> Result<Vec<f64>> {
    let mut raw = vec![0.0; inputs.rows() * forest.outputs()];
    let each = inputs.rows().div_ceil(threads.max(1)).max(1);
    let parts = raw.chunks_mut(each * forest.outputs());
    by_thread(inputs.rows(), each, parts, |rows, out| Ok(forest.raw(inputs, rows, out)?))?;
    Ok(raw)
}
