//! SHAP values of many rows as columns, each thread its own rows.

use std::{ops::Range, sync::Arc};

use arrow_array::{ArrayRef, Float64Array};
use vigie_models::{Forest, Inputs, Shap};

use crate::fault::{Fault, Result};

/// Rows whose SHAP values are held row by row before they go to their columns.
const EXPLAINED_AT_ONCE: usize = 1024;

/// The columns of SHAP values. Every row is checked to add up to its raw output.
pub(crate) fn explained(
    forest: &Forest,
    inputs: &Inputs,
    raw: &[f64],
    threads: usize,
) -> Result<Vec<(String, ArrayRef)>> {
    let shap = Shap::new(forest).map_err(|error| Fault::from(error).context("--output shap"))?;
    let (rows, width) = (inputs.rows(), shap.width());
    let each = rows.div_ceil(threads.max(1)).max(1);
    let mut columns = vec![vec![0.0; rows]; width];
    let mut parts: Vec<Vec<&mut [f64]>> = Vec::new();
    for column in &mut columns {
        for (number, part) in column.chunks_mut(each).enumerate() {
            match parts.get_mut(number) {
                Some(parts) => parts.push(part),
                None => parts.push(vec![part]),
            }
        }
    }
    by_thread(rows, each, parts.into_iter(), |range, mut part| {
        let mut values = vec![0.0; width * EXPLAINED_AT_ONCE.min(range.len())];
        for from in range.clone().step_by(EXPLAINED_AT_ONCE) {
            let end = (from + EXPLAINED_AT_ONCE).min(range.end);
            let values = values.split_at_mut(width * (end - from)).0;
            shap.values(forest, inputs, from..end, values)?;
            let own = raw.get(from * forest.outputs()..end * forest.outputs()).unwrap_or_default();
            let gap = shap.gap(forest, values, own);
            if gap > Shap::TOLERANCE {
                return Err(Fault::setup(format!(
                    "--output shap: contributions and raw outputs of rows {from} to {end} differ by {gap:e}; this is a \
                     fault of vigie, or a damaged model"
                )));
            }
            for (place, part) in part.iter_mut().enumerate() {
                let own = part.iter_mut().skip(from - range.start);
                own.zip(values.iter().skip(place).step_by(width)).for_each(|(cell, value)| *cell = *value);
            }
        }
        Ok(())
    })?;
    let features = || forest.features().iter().map(|feature| feature.name.as_str()).chain(["expected_value"]);
    let dimensions = shap.dimensions();
    let names = (0..dimensions).flat_map(|place| {
        features().map(move |name| match dimensions {
            1 => format!("shap_{name}"),
            _ => format!("shap_{place}_{name}"),
        })
    });
    Ok(names.zip(columns).map(|(name, column)| (name, Arc::new(Float64Array::from(column)) as ArrayRef)).collect())
}

/// Work on ranges of `each` rows, every range with a part of the output, on a thread of its own.
pub(crate) fn by_thread<P: Send>(
    rows: usize,
    each: usize,
    parts: impl Iterator<Item = P>,
    work: impl Fn(Range<usize>, P) -> Result<()> + Sync,
) -> Result<()> {
    std::thread::scope(|scope| {
        let work = &work;
        let parts = parts.enumerate().map(|(number, part)| {
            let first = number * each;
            scope.spawn(move || work(first..(first + each).min(rows), part))
        });
        let running: Vec<_> = parts.collect();
        running.into_iter().try_for_each(|part| {
            part.join()
                .unwrap_or_else(|_| Err(Fault::setup("a thread of the scorer stopped; this is a fault of vigie")))
        })
    })
}
