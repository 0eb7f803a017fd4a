//! What the model file and the training table say about the log: names of features, and columns with other roles.

use std::path::Path;

use vigie_profile::batch::{for_each_number, to_numbers};

use crate::{
    config::{AddressedFile, ModelChoices},
    fault::Result,
    monitor::{
        learn::training::{TableOptions, detect_csv, read_all},
        model::read_model_as,
        registry::{local_file::local_file, registry_place::RegistryPlace},
    },
    propose::{DataColumn, Known},
    reference::TrainingColumn,
    replay::{ScoreKind, ScoringModel},
};

/// Number of rows of the table that are looked at.
const ROWS: usize = 2_000;

/// Reads the model and the table, as far as they are given.
pub(super) fn known(model: Option<&Path>, data: Option<&Path>) -> Result<Known> {
    let mut known = Known::default();
    if let Some(path) = model {
        let choices = ModelChoices::default();
        let file = local_file("--model", path, AddressedFile::Model, &choices, &RegistryPlace::of_environment())?;
        let called = format!("--model {}", file.shown());
        let model = read_model_as(&called, &file.path, &choices)?;
        known.model_width = Some(model.features().len());
        if model.has_feature_names() {
            known.model_features = model.features().iter().map(|feature| feature.name.clone()).collect();
        }
        let scoring = ScoringModel::new(&called, model, None);
        known.is_regression = scoring.is_ok_and(|scoring| scoring.kind() == ScoreKind::Prediction);
    }
    if let Some(path) = data {
        known.csv = detect_csv(path).map(|found| found.form).unwrap_or_default();
        let (table, _) = read_all(&[path.to_owned()], TableOptions { csv: known.csv, ..TableOptions::default() })?;
        known.columns = table.columns.iter().map(describe).collect();
    }
    Ok(known)
}

/// What the first rows of a column look like.
fn describe(column: &TrainingColumn) -> DataColumn {
    let array = column.array().map(|array| array.slice(0, array.len().min(ROWS)));
    let mut is_number = true;
    let mut values: Vec<u64> = Vec::new();
    let mut all = 0;
    let (mut is_share, mut is_whole) = (true, true);
    if let Some(array) = &array {
        let numbers = to_numbers(array, &mut |_| is_number = false);
        for_each_number(numbers.as_ref(), &mut |value| {
            if !value.is_nan() {
                all += 1;
                is_share &= (0.0..=1.0).contains(&value);
                is_whole &= value.fract() == 0.0;
                values.push(value.to_bits());
            }
        });
    }
    values.sort_unstable();
    values.dedup();
    let is_number = is_number && all > 0;
    let texts: std::collections::BTreeSet<Option<String>> = array
        .filter(|_| !is_number)
        .map(|array| vigie_profile::batch::texts(&array).iter().map(|text| text.map(ToOwned::to_owned)).collect())
        .unwrap_or_default();
    let distinct = if is_number { values.len() } else { texts.iter().flatten().count() };
    DataColumn {
        name: column.name.clone(),
        is_binary: distinct == 2 && (!is_number || is_share && is_whole),
        is_share: is_number && is_share && values.len() > 2,
        is_distinct: distinct > 20 && distinct * 10 >= all.max(distinct) * 9 && (!is_number || is_whole),
    }
}
