//! Rows of a table as a model takes them, and their raw outputs.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};

use crate::{
    batch::{Number, level_of_number, number},
    fault::{Fault, Outcome},
    layout::Kind,
    reference::{Training, Values},
    scorer::{Feature, Forest, Inputs},
};

/// All rows of a table, columns found by name.
pub(super) fn inputs(forest: &Forest, table: &Training) -> Outcome<Inputs> {
    let columns: Vec<Option<ArrayRef>> =
        forest.features().iter().map(|feature| input(table, feature).map(Some)).collect::<Outcome<_>>()?;
    Inputs::new(forest, table.rows, &columns)
}

/// The column of a feature, as the model takes it.
fn input(table: &Training, feature: &Feature) -> Outcome<ArrayRef> {
    let column = table.column(&feature.name).map_err(|fault| fault.context("--data"))?;
    let wrong = |holds: &str, wants: &str| {
        Err(Fault::setup(format!("--data: column `{}` holds {holds} where the model wants {wants}", feature.name)))
    };
    Ok(match (feature.kind, &column.values) {
        (Kind::Numeric, Values::Numbers(numbers)) => Arc::new(Float64Array::from(numbers.clone())),
        // Every cell of CSV is text.
        (Kind::Numeric, Values::Texts(texts)) => {
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
        (Kind::Categorical, Values::Texts(texts)) => {
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())
        }
        (Kind::Categorical, Values::Numbers(numbers)) => {
            Arc::new(numbers.iter().map(|value| level_of_number(*value)).collect::<StringArray>())
        }
        (_, Values::Other) => return wrong("times or nested values", "a number or a level"),
    })
}

/// Raw outputs of all rows, each thread its own.
pub(super) fn raw_of(forest: &Forest, inputs: &Inputs, threads: usize) -> Outcome<Vec<f64>> {
    let rows = inputs.rows();
    let mut raw = vec![0.0; rows * forest.outputs()];
    let each = rows.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let parts = raw.chunks_mut(each * forest.outputs()).enumerate();
        let work: Vec<_> = parts
            .map(|(number, out)| {
                let first = number * each;
                scope.spawn(move || forest.raw(inputs, first..(first + each).min(rows), out))
            })
            .collect();
        work.into_iter().try_for_each(|part| {
            part.join()
                .unwrap_or_else(|_| Err(Fault::setup("a thread of the scorer stopped; this is a fault of vigie")))
        })
    })?;
    Ok(raw)
}
