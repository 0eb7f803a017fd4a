//! Reads whole training tables (Parquet, CSV, NDJSON) into plain columns.

use std::{collections::HashMap, fmt, io::BufRead};

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use vigie_profile::batch::{decoded_type, plain_tokens};

use super::{
    csv_table,
    parquet_table::{column_info, first_line, load},
    table_problem::{Table, TableProblem},
    training::{Training, TrainingColumn},
    values::{values_of_arrays, values_of_json},
};
use crate::{
    delimited::{CsvForm, conversion, is_named_spreadsheet, is_spreadsheet},
    fault::{Fault, Result, describe_json},
};

/// Reads a table from the bytes of a file; the extension of `name` determines the format, `csv` how CSV is written.
pub fn read(name: &str, bytes: Vec<u8>, csv: CsvForm) -> Result<Training> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    let is_known = matches!(extension.as_str(), "parquet" | "pq" | "csv" | "ndjson" | "jsonl" | "json");
    if is_spreadsheet(&bytes) || is_named_spreadsheet(name) {
        return Err(Fault::setup(format!("{name}: this is a spreadsheet; {}", conversion(name))));
    }
    if !is_known {
        return Err(Fault::setup(format!("{name}: {}; expected a .parquet, .csv or .ndjson file", advice(&extension))));
    }
    if bytes.is_empty() {
        return Err(Fault::setup(format!("{name}: the file is empty; pass a file with rows")));
    }
    let (format, table) = match extension.as_str() {
        "csv" => ("CSV", csv_table::read(bytes, csv)),
        "ndjson" | "jsonl" | "json" => ("NDJSON", ndjson(&bytes).map_err(TableProblem::from)),
        _ => ("Parquet", parquet(bytes).map_err(TableProblem::from)),
    };
    table.map(|(rows, columns)| Training { name: name.to_owned(), rows, columns }).map_err(|problem| {
        let (why, remedy) = (first_line(&problem.why), problem.remedy.as_deref());
        let remedy = remedy.unwrap_or("check that the file is complete and that its extension is correct");
        Fault::setup(format!("{name}: cannot be read as {format}: {why}; {remedy}"))
    })
}

/// What to do with files that are often at hand instead of a table.
fn advice(extension: &str) -> &'static str {
    match extension {
        "gz" | "zst" | "zip" | "bz2" | "xz" => "this is a compressed file: decompress it",
        "pkl" | "pickle" | "joblib" => "this is a Python pickle, which can run code: write the table as Parquet",
        "feather" | "arrow" | "h5" | "sas7bdat" | "dta" | "sav" => "write the table as Parquet",
        _ => "unknown format",
    }
}

fn parquet(bytes: Vec<u8>) -> Result<Table, String> {
    let message = |error: &dyn std::fmt::Display| error.to_string();
    let bytes = Bytes::from(bytes);
    let metadata = load(&bytes, decoded_type)?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
    let schema: SchemaRef = reader.schema().clone();
    let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::new(); schema.fields().len()];
    let mut rows = 0;
    for batch in reader.build().map_err(|error| message(&error))? {
        let batch = batch.map_err(|error| message(&error))?;
        rows += batch.num_rows();
        for (arrays, array) in columns.iter_mut().zip(batch.columns()) {
            arrays.push(array.clone());
        }
    }
    let columns = schema.fields().iter().zip(columns).map(|(field, arrays)| {
        let info = column_info(field);
        let values = values_of_arrays(info.kind, &arrays);
        TrainingColumn { name: info.name, values, is_single: info.is_single, is_typed: true }
    });
    Ok((rows, columns.collect()))
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
        // Python writes the bare tokens NaN and Infinity. The search for them is not free, and they are rare.
        let parsed: Result<Object, serde_json::Error> = serde_json::from_str(&line).or_else(|error| {
            plain_tokens(line.as_bytes()).and_then(|plain| serde_json::from_slice(&plain).ok()).ok_or(error)
        });
        let Object(object) = parsed.map_err(|error| format!("line {number}: {}", describe_json(&error)))?;
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
        TrainingColumn { name, values: values_of_json(values), is_single: false, is_typed: true }
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

#[cfg(test)]
mod tests {
    use super::{super::training::TrainingValues, *};

    fn values(name: &str, text: &str) -> Vec<(String, TrainingValues)> {
        let table = read(name, text.as_bytes().to_vec(), CsvForm::default()).unwrap();
        table.columns.into_iter().map(|column| (column.name, column.values)).collect()
    }

    #[test]
    fn csv_cells_are_text_and_empty_ones_are_missing() {
        let read = values("a.csv", "\u{feff}x,y\r\n1,\"a,\nb\"\r\n,\r\n2,\r\n");
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
    fn json_of_python_and_of_64_bits_is_read_exactly() {
        let read = values(
            "a.ndjson",
            "{\"nan\": NaN, \"inf\": \"-Infinity\", \"hash\": 9007199254740993, \"mixed\": 9007199254740993}\n\
             {\"nan\": 1, \"inf\": 2, \"hash\": -1, \"mixed\": 0.50}\n",
        );
        let columns: HashMap<String, TrainingValues> = read.into_iter().collect();
        let TrainingValues::Numbers(nan) = &columns["nan"] else { panic!("{columns:?}") };
        assert!(nan[0].is_nan());
        assert_eq!(nan[1..], [1.0]);
        assert_eq!(columns["inf"], TrainingValues::Numbers(vec![f64::NEG_INFINITY, 2.0]));
        let digits = |texts: [&str; 2]| TrainingValues::Digits(texts.map(|text| Some(text.to_owned())).to_vec());
        assert_eq!(columns["hash"], digits(["9007199254740993", "-1"]));
        assert_eq!(columns["mixed"], digits(["9007199254740993", "0.5"]));
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
        let why =
            |name: &str, text: &str| read(name, text.as_bytes().to_vec(), CsvForm::default()).unwrap_err().to_string();
        // Only the line of the file, not serde_json's position within it.
        let torn = why("a.ndjson", "{\"x\": 1}\n{\n");
        assert!(torn.contains(": line 2: not valid JSON (EOF while parsing an object); check"), "{torn}");
        assert!(why("a.parquet", "PAR1").contains("cannot be read as Parquet"));
        assert!(why("a.xlsx", "x").starts_with("a.xlsx: this is a spreadsheet; convert it: `python3 -c"));
        assert!(why("a.txt", "x").contains("unknown format; expected a .parquet, .csv or .ndjson file"));
        assert!(why("a.csv", "").contains("is empty"));
    }
}
