//! Training tables (Parquet, CSV, NDJSON) read whole into plain columns.

use std::{collections::HashMap, io::BufRead};

use arrow_array::{Array, ArrayRef, StringArray, cast::AsArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value};
use vigie_profile::{
    batch::{for_each_number, without_decimals},
    shown::shown,
};

use super::{
    columns::Holds,
    sheet::about,
    training::{Training, TrainingColumn, Values},
};
use crate::fault::{Fault, Result};

/// Reads a table from the bytes of a file; `name` says by its ending what it is.
pub fn read(name: &str, bytes: Vec<u8>) -> Result<Training> {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    let is_known = matches!(ending.as_str(), "parquet" | "pq" | "csv" | "ndjson" | "jsonl" | "json");
    if !is_known {
        return Err(Fault::setup(format!("{name}: a training table is a .parquet, .csv or .ndjson file")));
    }
    if bytes.is_empty() {
        return Err(Fault::setup(format!("{name}: the file is empty; name one that holds rows")));
    }
    let table = match ending.as_str() {
        "csv" => csv(&bytes),
        "ndjson" | "jsonl" | "json" => ndjson(&bytes),
        _ => parquet(bytes),
    };
    table.map_err(|why| {
        let why = why.lines().next().unwrap_or_default();
        Fault::setup(format!("{name}: cannot be read as {ending}: {why}; is the file whole, and what its ending says?"))
    })
}

fn parquet(bytes: Vec<u8>) -> Result<Training, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(|error| said(&error))?;
    let schema = reader.schema().clone();
    let mut columns: Vec<TrainingColumn> = schema.fields().iter().map(|field| empty(field)).collect();
    let mut rows = 0;
    for batch in reader.build().map_err(|error| said(&error))? {
        let batch = batch.map_err(|error| said(&error))?;
        rows += batch.num_rows();
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            append(&mut column.values, array).map_err(|error| format!("column `{}`: {error}", shown(&column.name)))?;
        }
    }
    Ok(Training { rows, columns })
}

fn empty(field: &Field) -> TrainingColumn {
    let about = about(field);
    let values = match about.holds {
        Holds::Numbers => Values::Numbers(Vec::new()),
        Holds::Texts => Values::Texts(Vec::new()),
        Holds::Other => Values::Other,
    };
    TrainingColumn { name: about.name, values, is_single: about.is_single, is_typed: true }
}

fn append(values: &mut Values, array: &ArrayRef) -> Result<(), String> {
    match values {
        Values::Numbers(numbers) => {
            let array = without_decimals(array);
            let array = match array.data_type() {
                DataType::Float16 => cast(&array, &DataType::Float64).map_err(|error| error.to_string())?,
                _ => array,
            };
            for_each_number(array.as_ref(), &mut |value| numbers.push(value));
        }
        Values::Texts(texts) => {
            let array = cast(array, &DataType::Utf8).map_err(|error| error.to_string())?;
            let array: &StringArray = array.as_string();
            texts.extend(array.iter().map(|text| text.map(ToOwned::to_owned)));
        }
        Values::Other => {}
    }
    Ok(())
}

/// Every cell as text: a column's kind is decided once all of it is seen. A row with fewer cells ends in missing ones.
fn csv(bytes: &[u8]) -> Result<Training, String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = table.headers().map_err(|error| error.to_string())?.clone();
    if let Some(twice) = twice(&header) {
        return Err(format!("two columns are called `{}`", shown(twice)));
    }
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); header.len()];
    let mut rows = 0;
    for row in table.records() {
        let row = row.map_err(|error| error.to_string())?;
        if row.len() > header.len() {
            let line = row.position().map_or(0, csv::Position::line);
            return Err(format!("line {line} has {} cells, the header {}", row.len(), header.len()));
        }
        for (place, texts) in columns.iter_mut().enumerate() {
            texts.push(row.get(place).filter(|cell| !cell.is_empty()).map(ToOwned::to_owned));
        }
        rows += 1;
    }
    let column = |(name, texts): (&str, Vec<Option<String>>)| TrainingColumn {
        name: name.to_owned(),
        values: Values::Texts(texts),
        is_single: false,
        is_typed: false,
    };
    Ok(Training { rows, columns: header.iter().zip(columns).map(column).collect() })
}

fn twice(header: &csv::StringRecord) -> Option<&str> {
    let mut names: Vec<&str> = header.iter().collect();
    names.sort_unstable();
    names.array_windows().find(|[one, other]| one == other).map(|[one, _]| *one)
}

/// One object a line. A key that a line lacks is missing in its row.
fn ndjson(bytes: &[u8]) -> Result<Training, String> {
    let mut columns: Vec<(String, Vec<Value>)> = Vec::new();
    let mut place_of: HashMap<String, usize> = HashMap::new();
    let mut rows = 0;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (number, line) in text.lines().enumerate() {
        let line = line.map_err(|error| format!("line {}: {error}", number + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let object: Map<String, Value> =
            serde_json::from_str(&line).map_err(|error| format!("line {}: {error}", number + 1))?;
        for (key, value) in object {
            let place = *place_of.entry(key).or_insert_with_key(|key| {
                columns.push((key.clone(), Vec::new()));
                columns.len() - 1
            });
            if let Some((_, values)) = columns.get_mut(place) {
                values.resize(rows, Value::Null);
                values.push(value);
            }
        }
        rows += 1;
    }
    let column = |(name, mut values): (String, Vec<Value>)| {
        values.resize(rows, Value::Null);
        TrainingColumn { name, values: plain(values), is_single: false, is_typed: true }
    };
    Ok(Training { rows, columns: columns.into_iter().map(column).collect() })
}

/// Numbers and truth values are numbers; one text among them makes all of them texts, one nested value none of them.
fn plain(values: Vec<Value>) -> Values {
    if values.iter().any(|value| value.is_object() || value.is_array()) {
        return Values::Other;
    }
    if !values.iter().any(Value::is_string) {
        let number = |value: &Value| match value {
            Value::Bool(truth) => f64::from(u8::from(*truth)),
            value => value.as_f64().unwrap_or(f64::NAN),
        };
        return Values::Numbers(values.iter().map(number).collect());
    }
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        value => Some(value.to_string()),
    };
    Values::Texts(values.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str, text: &str) -> Vec<(String, Values)> {
        let table = read(name, text.as_bytes().to_vec()).unwrap();
        table.columns.into_iter().map(|column| (column.name, column.values)).collect()
    }

    #[test]
    fn every_cell_of_csv_is_text_and_an_empty_one_is_missing() {
        let read = values("a.csv", "\u{feff}x,y\r\n1,\"a,\nb\"\r\n,\r\n2\r\n");
        let texts = |texts: [Option<&str>; 3]| Values::Texts(texts.map(|text| text.map(ToOwned::to_owned)).to_vec());
        assert_eq!(read[0], ("x".to_owned(), texts([Some("1"), None, Some("2")])));
        assert_eq!(read[1], ("y".to_owned(), texts([Some("a,\nb"), None, None])));
    }

    #[test]
    fn a_column_of_json_is_what_all_its_values_are() {
        let read = values(
            "a.ndjson",
            "{\"n\": 1, \"t\": 2, \"o\": 1}\n\n{\"n\": true, \"t\": \"b\", \"o\": []}\n{\"new\": 0.25}\n",
        );
        let columns: HashMap<String, Values> = read.into_iter().collect();
        let Values::Numbers(numbers) = &columns["n"] else { panic!("{columns:?}") };
        assert_eq!(numbers[..2], [1.0, 1.0]);
        assert!(numbers[2].is_nan());
        assert_eq!(columns["t"], Values::Texts(vec![Some("2".to_owned()), Some("b".to_owned()), None]));
        assert_eq!(columns["o"], Values::Other);
        let Values::Numbers(new) = &columns["new"] else { panic!("{columns:?}") };
        assert_eq!((new.len(), new[2]), (3, 0.25));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let why = |name: &str, text: &str| read(name, text.as_bytes().to_vec()).unwrap_err().to_string();
        assert!(why("a.csv", "x,y\n1,2\n1,2,3\n").contains("line 3 has 3 cells, the header 2"));
        assert!(why("a.csv", "x,x\n1,2\n").contains("two columns are called `x`"));
        assert!(why("a.ndjson", "{\"x\": 1}\n{\n").contains("line 2"));
        assert!(why("a.parquet", "PAR1").contains("cannot be read as parquet"));
        assert!(why("a.xlsx", "x").contains("a .parquet, .csv or .ndjson file"));
        assert!(why("a.csv", "").contains("is empty"));
    }
}
