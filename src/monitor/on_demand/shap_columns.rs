//! SHAP values of many rows as columns, computed in parallel.

use std::{ops::Range, sync::Arc};

use arrow_array::{ArrayRef, Float64Array};
use vigie_models::{Background, Inputs, Model};

use crate::fault::{Fault, Result};

/// Number of rows whose SHAP values are buffered before they are copied to the columns.
const ROWS_PER_BLOCK: usize = 1024;

/// Computes the columns of SHAP values. Checks that each row adds up to its raw output. Contributions to a linear model are
/// differences from the means of these rows.
pub(crate) fn shap_columns(model: &Model, inputs: &Inputs, threads: usize) -> Result<Vec<(String, ArrayRef)>> {
    let background = Some(Background::Rows(inputs));
    let explainer = model.explainer_with(background).map_err(|error| Fault::from(error).context("--output shap"))?;
    let (rows, width) = (inputs.rows(), explainer.width());
    let each = rows.div_ceil(threads.max(1)).max(1);
    let mut columns = vec![vec![0.0; rows]; width];
    let mut parts: Vec<Vec<&mut [f64]>> = Vec::new();
    for column in &mut columns {
        for (index, part) in column.chunks_mut(each).enumerate() {
            match parts.get_mut(index) {
                Some(parts) => parts.push(part),
                None => parts.push(vec![part]),
            }
        }
    }
    by_thread(rows, each, parts.into_iter(), |range, mut part| {
        let mut values = vec![0.0; width * ROWS_PER_BLOCK.min(range.len())];
        let mut sums = vec![0.0; model.output_count() * ROWS_PER_BLOCK.min(range.len())];
        for from in range.clone().step_by(ROWS_PER_BLOCK) {
            let end = (from + ROWS_PER_BLOCK).min(range.end);
            let values = values.split_at_mut(width * (end - from)).0;
            explainer.values(model, inputs, from..end, values)?;
            let sums = sums.split_at_mut(model.output_count() * (end - from)).0;
            explainer.sums(model, inputs, from..end, sums)?;
            let gap = explainer.gap(model, values, sums);
            if gap > explainer.tolerance() {
                return Err(Fault::setup(format!(
                    "--output shap: contributions and raw outputs of rows {from} to {end} differ by {gap:e}; the model is \
                     damaged, or this is a bug in vigie"
                )));
            }
            for (place, part) in part.iter_mut().enumerate() {
                let own = part.iter_mut().skip(from - range.start);
                own.zip(values.iter().skip(place).step_by(width)).for_each(|(cell, value)| *cell = *value);
            }
        }
        Ok(())
    })?;
    let features = || model.features().iter().map(|feature| feature.name.as_str()).chain(["expected_value"]);
    let dimensions = explainer.dimensions();
    let names = (0..dimensions).flat_map(|place| {
        features().map(move |name| match dimensions {
            1 => format!("shap_{name}"),
            _ => format!("shap_{place}_{name}"),
        })
    });
    Ok(names.zip(columns).map(|(name, column)| (name, Arc::new(Float64Array::from(column)) as ArrayRef)).collect())
}

/// Runs `work` on ranges of `each` rows, each with its part of the output, on one thread per range.
pub(crate) fn by_thread<P: Send>(
    rows: usize,
    each: usize,
    parts: impl Iterator<Item = P>,
    work: impl Fn(Range<usize>, P) -> Result<()> + Sync,
) -> Result<()> {
    std::thread::scope(|scope| {
        let work = &work;
        let parts = parts.enumerate().map(|(index, part)| {
            let first = index * each;
            scope.spawn(move || work(first..(first + each).min(rows), part))
        });
        let running: Vec<_> = parts.collect();
        running.into_iter().try_for_each(|part| {
            part.join().unwrap_or_else(|_| Err(Fault::setup("a scoring thread panicked; this is a bug in vigie")))
        })
    })
}
