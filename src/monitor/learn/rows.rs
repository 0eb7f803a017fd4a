//! Converts rows of a table to model inputs, and computes their raw outputs.

use vigie_models::{Inputs, Model, ModelFeature};
use vigie_profile::shown::shown;

use crate::{
    fault::{Fault, Result},
    monitor::on_demand::shap_columns::by_thread,
    reference::Training,
    replay::{column_of, model_inputs},
};

/// The name of a feature's column in a table: the feature's own, unless training has changed that of the column.
pub(crate) fn column_name<'a>(model: &Model, feature: &'a ModelFeature, table: &'a Training) -> &'a str {
    let place = column_of(model, feature, table.columns.iter().map(|column| column.name.as_str()));
    place.and_then(|place| table.columns.get(place)).map_or(&feature.name, |column| &column.name)
}

/// Converts all rows of a table. Columns are matched by name.
pub(crate) fn inputs(model: &Model, table: &Training) -> Result<Inputs> {
    let column = |feature: &ModelFeature| {
        let column = table.column(column_name(model, feature, table)).map_err(|fault| fault.context("--data"))?;
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

/// A note on rows that the library itself refuses to score; `None` if there are none.
pub(crate) fn refused_note(model: &Model, inputs: &Inputs) -> Option<String> {
    let refused = model.refused_rows(inputs, 0..inputs.rows()).len();
    (refused > 0).then(|| {
        format!(
            "{refused} of {} rows have a value that {} refuses to score, such as a level that it was not trained with, an \
             infinite number, or a missing one: they have no score, or one that the library does not give",
            inputs.rows(),
            model.kind()
        )
    })
}
