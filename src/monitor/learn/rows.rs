//! Converts rows of a table to model inputs, and computes their raw outputs.

use vigie_models::{Inputs, Model, ModelFeature};
use vigie_profile::shown::{listed, shown};

use crate::{
    fault::{Fault, Result},
    monitor::on_demand::shap_columns::by_thread,
    reference::{ColumnRoles, Training, TrainingColumn},
    replay::{column_of, model_inputs},
};

/// Maximum number of columns to name in a note.
const NAMED: usize = 4;

/// The columns of a table that hold the features of a model.
#[derive(Debug)]
pub(crate) struct FeatureColumns {
    /// One place in the table for each feature, in the order of the model.
    places: Vec<usize>,
    /// Whether the model has no names, so that its features are the columns in their order.
    is_by_position: bool,
}

impl FeatureColumns {
    /// Finds the features of a model by their names. A model that was trained without names reads the columns in their
    /// order: those of `roles.features`, or else all that have no other role.
    pub(crate) fn find(model: &Model, table: &Training, roles: &ColumnRoles) -> Result<Self> {
        let features = model.features();
        let place =
            |feature: &ModelFeature| column_of(model, feature, table.columns.iter().map(|own| own.name.as_str()));
        if model.has_feature_names() {
            let flags = [("--features", roles.features.is_some()), ("--ignore", !roles.ignore.is_empty())];
            if let Some((flag, _)) = flags.into_iter().find(|(_, is_given)| *is_given) {
                return Err(Fault::setup(format!("{flag}: the model names its features; remove {flag}")));
            }
            let places = features.iter().map(|feature| place(feature).map_or_else(|| table.place(&feature.name), Ok));
            let places = places.collect::<Result<_>>().map_err(|fault| fault.context("--data"))?;
            return Ok(Self { places, is_by_position: false });
        }
        // The table may have the names that the library makes up, such as `Column_0`.
        if let Some(places) = features.iter().map(place).collect() {
            return Ok(Self { places, is_by_position: false });
        }
        let places = match &roles.features {
            Some(names) => {
                let places = names.iter().map(|name| table.place(name)).collect::<Result<Vec<usize>>>();
                places.map_err(|fault| fault.context("--features"))?
            }
            None => {
                let has_role = |name: &String| {
                    roles.target.as_ref() == Some(name) || roles.score() == Some(name) || roles.ignore.contains(name)
                };
                let columns = table.columns.iter().enumerate();
                columns.filter(|(_, column)| !has_role(&column.name)).map(|(place, _)| place).collect()
            }
        };
        if places.len() != features.len() {
            return Err(Fault::setup(format!(
                "--data {}: the model was trained without feature names and reads {} columns by their order, but the file has \
                 {} columns without another role; pass the features in the order of training (--features A,B,… of learn), or a file of \
                 only these columns",
                table.name,
                features.len(),
                places.len()
            )));
        }
        Ok(Self { places, is_by_position: true })
    }

    /// Names of the columns, in the order of the features.
    pub(crate) fn names<'t>(&self, table: &'t Training) -> impl Iterator<Item = &'t str> {
        self.places.iter().filter_map(|place| table.columns.get(*place)).map(|column| column.name.as_str())
    }

    /// Converts all rows of a table.
    pub(crate) fn inputs(&self, model: &Model, table: &Training) -> Result<Inputs> {
        let column = |place: &usize| {
            let column = table.columns.get(*place);
            column.and_then(TrainingColumn::array).map(Some).ok_or_else(|| {
                Fault::setup(format!(
                    "--data {}: column `{}` holds nested values, but the model expects a number or a level",
                    table.name,
                    shown(column.map_or("", |column| &column.name))
                ))
            })
        };
        let columns = self.places.iter().map(column).collect::<Result<Vec<_>>>()?;
        model_inputs(model, table.rows, columns, &[]).map_err(|fault| fault.context(format!("--data {}", table.name)))
    }

    /// States which columns are the features of a model without names; `None` if it has names.
    pub(crate) fn note(&self, table: &Training) -> Option<String> {
        self.is_by_position.then(|| {
            let names: Vec<&str> = self.names(table).collect();
            format!(
                "The model was trained without feature names: its {} features are the columns in the order of the file ({}).",
                self.places.len(),
                listed(names.iter().copied(), NAMED)
            )
        })
    }
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
