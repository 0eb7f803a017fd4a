//! `vigie score`: scores a file of rows with a model file.

use std::{path::PathBuf, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use vigie_models::Model;
use vigie_profile::batch::level_of_number;

use super::shap_columns::shap_columns;
use crate::{
    config::AddressedFile,
    delimited::CsvForm,
    fault::{Fault, Result},
    monitor::{
        atomic_file::AtomicFile,
        learn::{
            rows::{FeatureColumns, raw_outputs, refused_note},
            training::{TableOptions, read_all},
        },
        model::{ModelFile, local_place, read_model_as},
        registry::{local_file::local_file, registry_place::RegistryPlace},
    },
    reference::{ColumnRoles, Training, TrainingValues, duplicate_name},
    source,
};

/// The flag that names the model.
const MODEL: &str = "--model";

/// Options of `vigie score`.
#[derive(Debug, Clone)]
pub struct ScoreRequest {
    pub model: ModelFile,
    pub data: PathBuf,
    /// How CSV is written.
    pub csv: CsvForm,
    /// `.parquet` or `.csv`.
    pub out: PathBuf,
    pub outputs: Vec<Output>,
    /// A column of the input to copy to the output.
    pub id: Option<String>,
    pub threads: usize,
}

/// What to write for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The sum of leaves: `raw`, or `raw_0`, `raw_1`, … if there are several outputs.
    Raw,
    /// `probability` of the second of two classes, or `probability_<class>` of each class.
    Probability,
    /// The number that a regression predicts: `prediction`, or `prediction_0`, … if there are several.
    Prediction,
    /// The predicted class.
    Decision,
    /// Contribution of each feature: `shap_<feature>`, then `shap_expected_value`, or `shap_0_<feature>`, … if there are
    /// several raw outputs. They add up to the raw output.
    Shap,
}

/// What was written.
#[derive(Debug)]
pub struct ScoredFile {
    pub rows: usize,
    /// What the user should know about the model and the rows.
    pub notes: Vec<String>,
}

/// Scores every row.
pub fn score(request: &ScoreRequest) -> Result<ScoredFile> {
    // Fail early on an unsupported output.
    let ending = request.out.extension().and_then(|ending| ending.to_str());
    let Some(ending @ ("parquet" | "csv")) = ending else {
        let out = request.out.display();
        return Err(Fault::setup(format!("--out {out}: unsupported file type; use .parquet or .csv")));
    };
    // Scores may be written on a machine without a config, so there is none that could name the database.
    let data = request.data.display().to_string();
    if source::is_stored(&data) {
        return Err(Fault::setup(format!(
            "--data {data}: score reads files; export the rows, for example with psql: \\copy (SELECT …) TO rows.csv WITH \
             (FORMAT csv, HEADER)"
        )));
    }
    let inputs = [("--data", request.data.as_path()), (MODEL, request.model.path.as_path())];
    AtomicFile::is_no_input(&request.out, inputs)?;
    let choices = &request.model.choices;
    let file = local_file(MODEL, &request.model.path, AddressedFile::Model, choices, &RegistryPlace::of_environment())?;
    let model = read_model_as(&local_place(MODEL, &file), &file.path, choices)?;
    let (table, _) =
        read_all(std::slice::from_ref(&request.data), TableOptions { csv: request.csv, ..TableOptions::default() })?;
    // The id is not a feature of a model that reads columns by their order.
    let id = request.id.iter().filter(|_| !model.has_feature_names()).cloned();
    let roles = ColumnRoles { ignore: id.collect(), ..ColumnRoles::default() };
    let columns = FeatureColumns::find(&model, &table, &roles)?;
    let inputs = columns.inputs(&model, &table)?;
    let raw = raw_outputs(&model, &inputs, request.threads)?;
    let mut written: Vec<(String, ArrayRef)> = Vec::new();
    if let Some(id) = &request.id {
        written.push((id.clone(), id_column(&table, id)?));
    }
    for output in &request.outputs {
        written.extend(match output {
            Output::Raw => raws(&model, &raw),
            Output::Probability => probabilities(&model, &raw)?,
            Output::Prediction => predictions(&model, &raw)?,
            Output::Decision => vec![decision(&model, &raw)?],
            Output::Shap => shap_columns(&model, &inputs, request.threads)?,
        });
    }
    if let Some(name) = duplicate_name(written.iter().map(|(name, _)| name.as_str())) {
        return Err(Fault::setup(format!("--out: two columns would be named `{name}`; rename the one in --data")));
    }
    let bytes = if ending == "parquet" { to_parquet(&written) } else { to_csv(&written, table.rows) };
    let bytes = bytes.map_err(|why| Fault::setup(format!("--out {}: {why}", request.out.display())))?;
    let mut file = AtomicFile::create(&request.out)?;
    file.write(&bytes)?;
    file.finish()?;
    let notes =
        model.notes().iter().cloned().chain(columns.note(&table)).chain(refused_note(&model, &inputs)).collect();
    Ok(ScoredFile { rows: table.rows, notes })
}

/// Every `step`-th value, starting at `first`.
fn column(values: &[f64], first: usize, step: usize) -> ArrayRef {
    Arc::new(values.iter().skip(first).step_by(step).copied().collect::<Float64Array>())
}

fn raws(model: &Model, raw: &[f64]) -> Vec<(String, ArrayRef)> {
    match model.output_count() {
        1 => vec![("raw".to_owned(), column(raw, 0, 1))],
        of => (0..of).map(|place| (format!("raw_{place}"), column(raw, place, of))).collect(),
    }
}

fn probabilities(model: &Model, raw: &[f64]) -> Result<Vec<(String, ArrayRef)>> {
    let mut values = raw.to_vec();
    if !model.link().has_probabilities() {
        return Err(Fault::setup(
            "--output probability: the model is not a classifier; use --output prediction, or --output raw",
        ));
    }
    model.predictions(&mut values);
    let of = model.output_count();
    let classes = model.classes().iter().enumerate();
    Ok(match of {
        1 => vec![("probability".to_owned(), column(&values, 0, 1))],
        _ => classes.map(|(place, class)| (format!("probability_{class}"), column(&values, place, of))).collect(),
    })
}

fn predictions(model: &Model, raw: &[f64]) -> Result<Vec<(String, ArrayRef)>> {
    if model.link().has_probabilities() {
        return Err(Fault::setup("--output prediction: the model is a classifier; use --output probability"));
    }
    let mut values = raw.to_vec();
    model.predictions(&mut values);
    Ok(match model.output_count() {
        1 => vec![("prediction".to_owned(), column(&values, 0, 1))],
        of => (0..of).map(|place| (format!("prediction_{place}"), column(&values, place, of))).collect(),
    })
}

fn decision(model: &Model, raw: &[f64]) -> Result<(String, ArrayRef)> {
    if model.classes().is_empty() {
        return Err(Fault::setup(
            "--output decision: the model has no classes, so that it does not decide between them",
        ));
    }
    let class = |row: &[f64]| Some(model.classes().get(model.decision(row)?)?.as_str());
    Ok(("decision".to_owned(), Arc::new(raw.chunks(model.output_count()).map(class).collect::<StringArray>())))
}

fn id_column(table: &Training, name: &str) -> Result<ArrayRef> {
    let column = table.column(name).map_err(|fault| fault.context("--id"))?;
    Ok(match &column.values {
        TrainingValues::Digits(texts) | TrainingValues::Texts(texts) | TrainingValues::Times(texts) => {
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())
        }
        TrainingValues::Numbers(numbers) => {
            Arc::new(numbers.iter().map(|value| level_of_number(*value)).collect::<StringArray>())
        }
        TrainingValues::Other => {
            return Err(Fault::setup(format!("--id {name}: the column holds nested values, which cannot be copied")));
        }
    })
}

/// Encodes columns of equal length as a Parquet file.
pub(crate) fn to_parquet(columns: &[(String, ArrayRef)]) -> Result<Vec<u8>, String> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, column)| (name, column.clone(), true)))
            .map_err(|error| error.to_string())?;
    let compression = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).map_err(|error| error.to_string())?;
    writer.write(&batch).and_then(|()| writer.close()).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Writes floats with the fewest digits that round-trip.
fn to_csv(columns: &[(String, ArrayRef)], rows: usize) -> Result<Vec<u8>, String> {
    use arrow_array::{Array, cast::AsArray};
    let cell = |column: &ArrayRef, row: usize| match column.as_string_opt::<i32>() {
        Some(texts) if texts.is_null(row) => String::new(),
        Some(texts) => texts.value(row).to_owned(),
        None => column
            .as_primitive_opt::<arrow_array::types::Float64Type>()
            .map_or(String::new(), |numbers| numbers.value(row).to_string()),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(name, _)| name)).map_err(|error| error.to_string())?;
    for row in 0..rows {
        writer.write_record(columns.iter().map(|(_, column)| cell(column, row))).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}
