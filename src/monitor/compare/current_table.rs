//! The second table as the log of a window. Scores of a model and outcomes are joined to it in a copy, because a log has neither.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, Float64Array, StringArray, UInt64Array};
use vigie_profile::{
    batch::{texts, to_levels, word},
    shown::shown,
};

use super::request::CompareRequest;
use crate::{
    config::AddressedFile,
    delimited::CsvForm,
    fault::{Fault, Result},
    monitor::{
        atomic_file::AtomicFile,
        learn::{
            rows::{FeatureColumns, raw_outputs},
            training::{TableOptions, read_all},
        },
        model::{ModelFile, local_place, read_model_as},
        on_demand::score::to_parquet,
        registry::{local_file::local_file, registry_place::RegistryPlace},
    },
    reference::{ColumnRoles, Learnt, Training},
    replay::ScoringModel,
};

/// Columns of the copy that the table does not have.
const ROW: &str = "row of the table";
const OUTCOME: &str = "outcome";

/// Where the rows are, and what their columns are called.
pub(super) struct CurrentTable {
    pub path: PathBuf,
    pub probability: Option<String>,
    pub prediction: Option<String>,
    /// Columns with the number of a row and its outcome: 0, 1 or nothing.
    pub outcome: Option<(&'static str, &'static str)>,
}

impl CurrentTable {
    /// Returns the table itself, or a copy in the folder `work` if a score or outcomes have to be joined.
    pub(super) fn new(
        request: &CompareRequest,
        learnt: &Learnt,
        (files, csv): (&[PathBuf], CsvForm),
        work: &Path,
    ) -> Result<Self> {
        let provenance = learnt.reference.provenance();
        let mut current = Self {
            path: request.current.clone(),
            probability: provenance.probability.clone(),
            prediction: provenance.prediction.clone(),
            outcome: None,
        };
        let is_scored = request.choice.score().is_some();
        let model = request.model.as_ref().filter(|_| !is_scored);
        // Without known outcomes of the first table, those of the second mean nothing.
        let target = request.choice.target.as_ref().filter(|_| learnt.reference.has_outcomes());
        if model.is_none() && target.is_none() {
            return Ok(current);
        }
        let (table, _) =
            read_all(files, TableOptions { csv, ..TableOptions::default() }).map_err(|fault| fault.context("CUR"))?;
        let has_outcomes = |target: &&String| table.columns.iter().any(|column| &column.name == *target);
        let target = target.filter(has_outcomes);
        if model.is_none() && target.is_none() {
            return Ok(current);
        }
        let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(table.columns.len() + 3);
        columns.extend(table.columns.iter().filter_map(|column| Some((column.name.clone(), column.array()?))));
        if let (Some(model), Some(name)) = (model, provenance.probability.as_ref().or(provenance.prediction.as_ref())) {
            columns.push((name.clone(), scores(model, &table, &request.choice)?));
        }
        if let Some(target) = target {
            columns.push((ROW.to_owned(), Arc::new((0..table.rows as u64).collect::<UInt64Array>())));
            columns.push((OUTCOME.to_owned(), outcomes(&table, target, request.choice.event.as_deref())?));
            current.outcome = Some((ROW, OUTCOME));
        }
        current.path = work.join("current.parquet");
        let bytes = to_parquet(&columns).map_err(|why| Fault::setup(format!("CUR: {why}")))?;
        let mut file = AtomicFile::create(&current.path)?;
        file.write(&bytes)?;
        file.finish()?;
        Ok(current)
    }
}

/// The model's score of each row.
fn scores(file: &ModelFile, table: &Training, roles: &ColumnRoles) -> Result<ArrayRef> {
    const MODEL: &str = "--model";
    let registry = RegistryPlace::of_environment();
    let local = local_file(MODEL, &file.path, AddressedFile::Model, &file.choices, &registry)?;
    let called = local_place(MODEL, &local);
    let model = read_model_as(&called, &local.path, &file.choices)?;
    let scoring = ScoringModel::new(&called, model, file.choices.class.as_deref())?;
    let columns = FeatureColumns::find(scoring.model(), table, roles).map_err(|fault| fault.context("CUR"))?;
    let inputs = columns.inputs(scoring.model(), table).map_err(|fault| fault.context("CUR"))?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let raw = raw_outputs(scoring.model(), &inputs, threads)?;
    Ok(Arc::new(Float64Array::from(scoring.scores(raw))))
}

/// The outcome of each row as labels have it: 1 if the target is the event, 0 if it is something else.
fn outcomes(table: &Training, target: &str, event: Option<&str>) -> Result<ArrayRef> {
    let Some(values) = table.column(target)?.array() else {
        return Err(Fault::setup(format!(
            "CUR: column `{}` holds nested values; --target takes 0 and 1",
            shown(target)
        )));
    };
    let levels = texts(&to_levels(&values));
    let Some(event) = event.and_then(word) else { return Ok(Arc::new(levels)) };
    let outcome = |level: &str| if level == event { "1" } else { "0" };
    Ok(Arc::new(levels.iter().map(|level| level.map(outcome)).collect::<StringArray>()))
}
