//! A file of rows → a file of scores, by the model's own bytes.

use std::{path::PathBuf, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use vigie_models::Forest;
use vigie_profile::batch::level_of_number;

use super::explained::explained;
use crate::{
    fault::{Fault, Result},
    monitor::{
        learn::{
            rows::{inputs, raw_of},
            training::read,
        },
        model::read_forest,
        whole::Whole,
    },
    reference::{Training, Values},
};

/// What `vigie score` was asked for.
#[derive(Debug, Clone)]
pub struct Scoring {
    pub model: PathBuf,
    pub data: PathBuf,
    /// `.parquet` or `.csv`.
    pub out: PathBuf,
    pub outputs: Vec<Output>,
    /// A column that goes along.
    pub id: Option<String>,
    pub threads: usize,
}

/// What is written of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The sum of leaves: `raw`, or `raw_0`, `raw_1`, … where there are several.
    Raw,
    /// `probability` of the second class of two, or `probability_<class>` of each.
    Probability,
    /// The class that the model decides for.
    Decision,
    /// What each feature adds: `shap_<feature>` and last `shap_expected_value`, or `shap_0_<feature>`, … where there are
    /// several raw outputs. Together they are the raw output.
    Shap,
}

/// Scores every row. Says how many.
pub fn score(scoring: &Scoring) -> Result<usize> {
    // Before the work: where it goes.
    let ending = scoring.out.extension().and_then(|ending| ending.to_str());
    let Some(ending @ ("parquet" | "csv")) = ending else {
        let out = scoring.out.display();
        return Err(Fault::setup(format!("--out {out}: scores are written to a .parquet or a .csv file")));
    };
    let forest = read_forest("--model", &scoring.model)?;
    let (table, _) = read(std::slice::from_ref(&scoring.data))?;
    let inputs = inputs(&forest, &table)?;
    let raw = raw_of(&forest, &inputs, scoring.threads)?;
    let mut written: Vec<(String, ArrayRef)> = Vec::new();
    if let Some(id) = &scoring.id {
        written.push((id.clone(), texts(&table, id)?));
    }
    for output in &scoring.outputs {
        written.extend(match output {
            Output::Raw => raws(&forest, &raw),
            Output::Probability => probabilities(&forest, &raw)?,
            Output::Decision => vec![decision(&forest, &raw)],
            Output::Shap => explained(&forest, &inputs, &raw, scoring.threads)?,
        });
    }
    if let Some(twice) = twice(&written) {
        return Err(Fault::setup(format!("--out: two columns would be called `{twice}`; rename the one in --data")));
    }
    let bytes = if ending == "parquet" { parquet_of(&written) } else { csv_of(&written, table.rows) };
    let bytes = bytes.map_err(|why| Fault::setup(format!("--out {}: {why}", scoring.out.display())))?;
    let mut whole = Whole::create(&scoring.out)?;
    whole.write(&bytes)?;
    whole.finish()?;
    Ok(table.rows)
}

/// A name that two columns have.
fn twice(columns: &[(String, ArrayRef)]) -> Option<&str> {
    let mut names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.array_windows().find(|[one, other]| one == other).map(|[one, _]| *one)
}

/// Every `of`th value from a place on.
fn column(values: &[f64], place: usize, of: usize) -> ArrayRef {
    Arc::new(values.iter().skip(place).step_by(of).copied().collect::<Float64Array>())
}

fn raws(forest: &Forest, raw: &[f64]) -> Vec<(String, ArrayRef)> {
    match forest.outputs() {
        1 => vec![("raw".to_owned(), column(raw, 0, 1))],
        of => (0..of).map(|place| (format!("raw_{place}"), column(raw, place, of))).collect(),
    }
}

fn probabilities(forest: &Forest, raw: &[f64]) -> Result<Vec<(String, ArrayRef)>> {
    let mut values = raw.to_vec();
    if !forest.probabilities(&mut values) {
        return Err(Fault::setup("--output probability: the model is no classifier; ask for raw"));
    }
    let of = forest.outputs();
    let classes = forest.classes().iter().enumerate();
    Ok(match of {
        1 => vec![("probability".to_owned(), column(&values, 0, 1))],
        _ => classes.map(|(place, class)| (format!("probability_{class}"), column(&values, place, of))).collect(),
    })
}

fn decision(forest: &Forest, raw: &[f64]) -> (String, ArrayRef) {
    let class = |row: &[f64]| Some(forest.classes().get(forest.decision(row)?)?.as_str());
    ("decision".to_owned(), Arc::new(raw.chunks(forest.outputs()).map(class).collect::<StringArray>()))
}

fn texts(table: &Training, name: &str) -> Result<ArrayRef> {
    let column = table.column(name).map_err(|fault| fault.context("--id"))?;
    Ok(match &column.values {
        Values::Texts(texts) => Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>()),
        Values::Numbers(numbers) => {
            Arc::new(numbers.iter().map(|value| level_of_number(*value)).collect::<StringArray>())
        }
        Values::Other => return Err(Fault::setup(format!("--id {name}: it holds times or nested values"))),
    })
}

fn parquet_of(columns: &[(String, ArrayRef)]) -> Result<Vec<u8>, String> {
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

/// Floats in the fewest digits that give their bits back.
fn csv_of(columns: &[(String, ArrayRef)], rows: usize) -> Result<Vec<u8>, String> {
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
