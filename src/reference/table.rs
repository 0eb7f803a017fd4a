//! Training tables (Parquet, CSV, NDJSON) read by polars into plain columns.

use std::io::Cursor;

use polars::prelude::{
    Column, CsvReadOptions, DataFrame, DataType, JsonFormat, JsonReader, ParquetReader, PolarsError, PolarsResult,
    SerReader,
};

use super::training::{Training, TrainingColumn, Values};
use crate::fault::{Fault, Outcome};

/// Reads a table from the bytes of a file; `name` says by its ending what it is.
pub fn read(name: &str, bytes: Vec<u8>) -> Outcome<Training> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    let is_typed = ending != "csv";
    let table = frame(name, &ending, bytes)?;
    plain(&table, is_typed).map_err(|error| broken(name, &ending, &error))
}

fn frame(name: &str, ending: &str, bytes: Vec<u8>) -> Outcome<DataFrame> {
    if bytes.is_empty() {
        return Err(Fault::setup(format!("{name}: the file is empty; name one that holds rows")));
    }
    match ending {
        "parquet" | "pq" => ParquetReader::new(Cursor::new(bytes)).finish(),
        "csv" => CsvReadOptions::default()
            .with_has_header(true)
            // Every cell as text: a column's kind is decided once all of it is seen.
            .with_infer_schema_length(Some(0))
            .into_reader_with_file_handle(Cursor::new(bytes))
            .finish(),
        "ndjson" | "jsonl" | "json" => {
            JsonReader::new(Cursor::new(bytes)).with_json_format(JsonFormat::JsonLines).infer_schema_len(None).finish()
        }
        _ => {
            return Err(Fault::setup(format!("{name}: a training table is a .parquet, .csv or .ndjson file")));
        }
    }
    .map_err(|error| broken(name, ending, &error))
}

fn broken(name: &str, ending: &str, error: &PolarsError) -> Fault {
    let why = error.to_string();
    let why = first_line(&why);
    Fault::setup(format!("{name}: cannot be read as {ending}: {why}; is the file whole, and what its ending says?"))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn plain(table: &DataFrame, is_typed: bool) -> PolarsResult<Training> {
    let columns = table
        .columns()
        .iter()
        .map(|column| {
            Ok(TrainingColumn {
                name: column.name().to_string(),
                values: values(column)?,
                is_single: *column.dtype() == DataType::Float32,
                is_typed,
            })
        })
        .collect::<PolarsResult<_>>()?;
    Ok(Training { rows: table.height(), columns })
}

fn values(column: &Column) -> PolarsResult<Values> {
    let kind = column.dtype();
    let is_number = kind.is_primitive_numeric() || *kind == DataType::Boolean || *kind == DataType::Null;
    if is_number {
        let numbers = column.cast(&DataType::Float64)?;
        return Ok(Values::Numbers(numbers.f64()?.iter().map(|value| value.unwrap_or(f64::NAN)).collect()));
    }
    if kind.is_decimal() {
        // By its text: dividing would round a second time.
        let texts = column.cast(&DataType::String)?;
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        return Ok(Values::Numbers(texts.str()?.iter().map(number).collect()));
    }
    if *kind == DataType::String || kind.is_categorical() || kind.is_enum() {
        let texts = column.cast(&DataType::String)?;
        return Ok(Values::Texts(texts.str()?.iter().map(|text| text.map(ToOwned::to_owned)).collect()));
    }
    Ok(Values::Other)
}
