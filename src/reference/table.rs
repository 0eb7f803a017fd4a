//! Reads whole training tables (Parquet, CSV, NDJSON) into plain columns.

use std::{collections::HashMap, fmt, io::BufRead};

use arrow_array::{Array, ArrayRef, StringArray, cast::AsArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Field};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use vigie_profile::{
    batch::{decimals_to_f64, for_each_number},
    shown::shown,
};

use super::{
    columns::ColumnKind,
    parquet_table::{column_info, first_line},
    training::{Training, TrainingColumn, TrainingValues},
};
use crate::fault::{Fault, Result, describe_json};

/// Reads a table from the bytes of a file; the extension of `name` determines the format.
pub fn read(name: &str, bytes: Vec<u8>) -> Result<Training> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    let is_known = matches!(extension.as_str(), "parquet" | "pq" | "csv" | "ndjson" | "jsonl" | "json");
    if !is_known {
        return Err(Fault::setup(format!("{name}: unknown format; expected a .parquet, .csv or .ndjson file")));
    }
    if bytes.is_empty() {
        return Err(Fault::setup(format!("{name}: the file is empty; pass a file with rows")));
    }
    let (format, table) = match extension.as_str() {
        "csv" => ("CSV", csv(&bytes)),
        "ndjson" | "jsonl" | "json" => ("NDJSON", ndjson(&bytes)),
        _ => ("Parquet", parquet(bytes)),
    };
    table.map(|(rows, columns)| Training { name: name.to_owned(), rows, columns }).map_err(|why| {
        let why = first_line(&why);
        Fault::setup(format!(
            "{name}: cannot be read as {format}: {why}; check that the file is complete and that its extension is correct"
        ))
    })
}

/// Number of rows, and the columns.
type Table = (usize, Vec<TrainingColumn>);

fn parquet(bytes: Vec<u8>) -> Result<Table, String> {
    let message = |error: &dyn std::fmt::Display| error.to_string();
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(|error| message(&error))?;
    let schema = reader.schema().clone();
    let mut columns: Vec<TrainingColumn> = schema.fields().iter().map(|field| empty_column(field)).collect();
    let mut rows = 0;
    for batch in reader.build().map_err(|error| message(&error))? {
        let batch = batch.map_err(|error| message(&error))?;
        rows += batch.num_rows();
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            append(&mut column.values, array).map_err(|error| format!("column `{}`: {error}", shown(&column.name)))?;
        }
    }
    Ok((rows, columns))
}

fn empty_column(field: &Field) -> TrainingColumn {
    let info = column_info(field);
    let values = match info.kind {
        ColumnKind::Numbers => TrainingValues::Numbers(Vec::new()),
        ColumnKind::Texts => TrainingValues::Texts(Vec::new()),
        ColumnKind::Other => TrainingValues::Other,
    };
    TrainingColumn { name: info.name, values, is_single: info.is_single, is_typed: true }
}

fn append(values: &mut TrainingValues, array: &ArrayRef) -> Result<(), String> {
    match values {
        TrainingValues::Numbers(numbers) => {
            let array = decimals_to_f64(array);
            let array = match array.data_type() {
                DataType::Float16 => cast(&array, &DataType::Float64).map_err(|error| error.to_string())?,
                _ => array,
            };
            for_each_number(array.as_ref(), &mut |value| numbers.push(value));
        }
        TrainingValues::Texts(texts) => {
            let array = cast(array, &DataType::Utf8).map_err(|error| error.to_string())?;
            let array: &StringArray = array.as_string();
            texts.extend(array.iter().map(|text| text.map(ToOwned::to_owned)));
        }
        TrainingValues::Other => {}
    }
    Ok(())
}

/// Reads every cell as text; the kind of a column is decided from all its cells. Cells missing at the end of a row are
/// missing values.
fn csv(bytes: &[u8]) -> Result<Table, String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = table.headers().map_err(|error| error.to_string())?.clone();
    if let Some(name) = duplicate_name(&header) {
        return Err(format!("two columns are named `{}`", shown(name)));
    }
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); header.len()];
    let mut rows = 0;
    for row in table.records() {
        let row = row.map_err(|error| error.to_string())?;
        if row.len() > header.len() {
            let line = row.position().map_or(0, csv::Position::line);
            return Err(format!("line {line} has {} cells, but the header has {}", row.len(), header.len()));
        }
        for (index, texts) in columns.iter_mut().enumerate() {
            texts.push(row.get(index).filter(|cell| !cell.is_empty()).map(ToOwned::to_owned));
        }
        rows += 1;
    }
    let column = |(name, texts): (&str, Vec<Option<String>>)| TrainingColumn {
        name: name.to_owned(),
        values: TrainingValues::Texts(texts),
        is_single: false,
        is_typed: false,
    };
    Ok((rows, header.iter().zip(columns).map(column).collect()))
}

/// Returns a name that occurs more than once.
#[must_use]
pub fn duplicate_name<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.array_windows().find(|[one, other]| one == other).map(|[one, _]| *one)
}

/// Reads one object per line. Keys not in a line are missing values.
fn ndjson(bytes: &[u8]) -> Result<Table, String> {
    let mut columns: Vec<(String, Vec<Value>)> = Vec::new();
    let mut index_of: HashMap<String, usize> = HashMap::new();
    let mut rows = 0;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.map_err(|error| format!("line {number}: {error}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let Object(object) =
            serde_json::from_str(&line).map_err(|error| format!("line {number}: {}", describe_json(&error)))?;
        for (key, value) in object {
            let index = *index_of.entry(key).or_insert_with_key(|key| {
                columns.push((key.clone(), Vec::new()));
                columns.len() - 1
            });
            if let Some((_, values)) = columns.get_mut(index) {
                values.resize(rows, Value::Null); // longer where the key repeats in the row: the last value counts
                values.push(value);
            }
        }
        rows += 1;
    }
    let column = |(name, mut values): (String, Vec<Value>)| {
        values.resize(rows, Value::Null);
        TrainingColumn { name, values: to_training_values(values), is_single: false, is_typed: true }
    };
    Ok((rows, columns.into_iter().map(column).collect()))
}

/// The entries of a JSON object in file order, which is the order of the reference's features.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// Numbers and booleans are numbers. A single text makes the whole column text; a nested value makes it unusable.
fn to_training_values(values: Vec<Value>) -> TrainingValues {
    if values.iter().any(|value| value.is_object() || value.is_array()) {
        return TrainingValues::Other;
    }
    if !values.iter().any(Value::is_string) {
        let number = |value: &Value| match value {
            Value::Bool(truth) => f64::from(u8::from(*truth)),
            value => value.as_f64().unwrap_or(f64::NAN),
        };
        return TrainingValues::Numbers(values.iter().map(number).collect());
    }
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        value => Some(value.to_string()),
    };
    TrainingValues::Texts(values.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str, text: &str) -> Vec<(String, TrainingValues)> {
        let table = read(name, text.as_bytes().to_vec()).unwrap();
        table.columns.into_iter().map(|column| (column.name, column.values)).collect()
    }

    #[test]
    fn csv_cells_are_text_and_empty_ones_are_missing() {
        let read = values("a.csv", "\u{feff}x,y\r\n1,\"a,\nb\"\r\n,\r\n2\r\n");
        let texts =
            |texts: [Option<&str>; 3]| TrainingValues::Texts(texts.map(|text| text.map(ToOwned::to_owned)).to_vec());
        assert_eq!(read[0], ("x".to_owned(), texts([Some("1"), None, Some("2")])));
        assert_eq!(read[1], ("y".to_owned(), texts([Some("a,\nb"), None, None])));
    }

    #[test]
    fn json_column_kind_depends_on_all_values() {
        let read = values(
            "a.ndjson",
            "{\"n\": 1, \"t\": 2, \"o\": 1}\n\n{\"n\": true, \"t\": \"b\", \"o\": []}\n{\"new\": 0.25}\n",
        );
        let columns: HashMap<String, TrainingValues> = read.into_iter().collect();
        let TrainingValues::Numbers(numbers) = &columns["n"] else { panic!("{columns:?}") };
        assert_eq!(numbers[..2], [1.0, 1.0]);
        assert!(numbers[2].is_nan());
        assert_eq!(columns["t"], TrainingValues::Texts(vec![Some("2".to_owned()), Some("b".to_owned()), None]));
        assert_eq!(columns["o"], TrainingValues::Other);
        let TrainingValues::Numbers(new) = &columns["new"] else { panic!("{columns:?}") };
        assert_eq!((new.len(), new[2]), (3, 0.25));
    }

    #[test]
    fn columns_of_json_keep_the_order_of_the_file() {
        let read = values("a.ndjson", "{\"z\": 1, \"a\": 2, \"z\": 3}\n{\"m\": 4, \"z\": 5, \"a\": 6}\n");
        let order: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(order, ["z", "a", "m"]);
        assert_eq!(read[0].1, TrainingValues::Numbers(vec![3.0, 5.0]));
    }

    #[test]
    fn read_errors_include_the_line() {
        let why = |name: &str, text: &str| read(name, text.as_bytes().to_vec()).unwrap_err().to_string();
        assert!(why("a.csv", "x,y\n1,2\n1,2,3\n").contains("line 3 has 3 cells, but the header has 2"));
        assert!(why("a.csv", "x,x\n1,2\n").contains("two columns are named `x`"));
        // Only the line of the file, not serde_json's position within it.
        let torn = why("a.ndjson", "{\"x\": 1}\n{\n");
        assert!(torn.contains(": line 2: not valid JSON (EOF while parsing an object); check"), "{torn}");
        assert!(why("a.parquet", "PAR1").contains("cannot be read as Parquet"));
        assert!(why("a.xlsx", "x").contains("a .parquet, .csv or .ndjson file"));
        assert!(why("a.csv", "").contains("is empty"));
    }
}
