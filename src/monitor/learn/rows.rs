//! Converts rows of a table to model inputs, and computes their raw outputs.

use vigie_models::{Inputs, Model, ModelFeature};
use vigie_profile::shown::shown;

use crate::{
    fault::{Fault, Result},
    monitor::on_demand::shap_columns::by_thread,
    reference::Training,
    replay::model_inputs,
};

/// Converts all rows of a table. Columns are matched by name.
pub(crate) fn inputs(model: &Model, table: &Training) -> Result<Inputs> {
    let column = |feature: &ModelFeature| {
        let column = table.column(&feature.name).map_err(|fault| fault.context("--data"))?;
        column.array().map(Some).ok_or_else(|| {
            Fault::setup(format!(
                "--data {}: column `{}` holds nested values, but the model expects a number or a level",
                table.name,
                shown(&feature.name)
            ))
        })
    };
    let columns = model.features().iter().map(column).collect::<Result<Vec<_>>>()?;
    model_inputs(model, table.rows, columns, &[]).map_err(|fault| fault.context(format!("--data {}", table.name)))
}

/// Raw outputs of all rows, computed in parallel.
pub(crate) fn raw_outputs(model: &Model, inputs: &Inputs, threads: usize) -> Result<Vec<f64>> {
    let mut raw = vec![0.0; inputs.rows() * model.output_count()];
    let each = inputs.rows().div_ceil(threads.max(1)).max(1);
    let parts = raw.chunks_mut(each * model.output_count());
    by_thread(inputs.rows(), each, parts, |rows, out| Ok(model.predict_raw(inputs, rows, out)?))?;
    Ok(raw)
}
