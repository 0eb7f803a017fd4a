//! Training rows in Parquet. Columns are decoded on demand and kept only while they are learnt from.

use std::{collections::BTreeMap, fs::File, io, sync::Arc};

use arrow_array::{Array, ArrayRef, UInt64Array, cast::AsArray, types::Int32Type};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use arrow_select::take::take;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    file::reader::ChunkReader,
};
use vigie_profile::batch::{self, decoded_type, is_bytes, is_text};

use super::columns::{ColumnData, ColumnInfo, ColumnKind, TrainingTable, numbers_in_order};
use crate::fault::{Fault, Result};

/// Rows decoded at a time, so that a column chunk fits the CPU cache.
const ROWS: usize = 65_536;

/// Opens the file again, so that each thread has its own position.
pub type Opener = Box<dyn Fn() -> io::Result<File> + Send + Sync>;

/// One or more files with the same columns.
pub struct ParquetTable {
    columns: Vec<ColumnInfo>,
    files: Vec<ParquetFile>,
}

struct ParquetFile {
    name: String,
    open: Opener,
    metadata: ArrowReaderMetadata,
    rows: usize,
    /// Positions of the first file's columns in this file.
    positions: Vec<usize>,
}

impl ParquetTable {
    /// Opens files and reads their footers; the names are used in messages.
    pub fn open(files: Vec<(String, Opener)>) -> Result<Self> {
        let mut table = Self { columns: Vec::new(), files: Vec::new() };
        for (name, open) in files {
            table.add(name, open)?;
        }
        Ok(table)
    }

    /// Number of rows in each file.
    #[must_use]
    pub fn rows_by_file(&self) -> Vec<usize> {
        self.files.iter().map(|file| file.rows).collect()
    }

    /// Reads a column as stored.
    fn arrays(&self, column: usize) -> Result<Vec<ArrayRef>> {
        let mut arrays = Vec::new();
        for file in &self.files {
            let read = file.read(column, &mut arrays);
            read.map_err(|why| unreadable(&file.name, &why))?;
        }
        Ok(arrays)
    }

    fn add(&mut self, name: String, open: Opener) -> Result<()> {
        let unreadable = |why: String| unreadable(&name, &why);
        let file = open().map_err(|error| unreadable(error.to_string()))?;
        let metadata = load(&file, decoded_with_dictionaries).map_err(unreadable)?;
        let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
        let columns: Vec<ColumnInfo> = metadata.schema().fields().iter().map(|field| column_info(field)).collect();
        let mut positions = Vec::with_capacity(columns.len());
        if self.files.is_empty() {
            positions.extend(0..columns.len());
            self.columns = columns;
        } else {
            for ours in &mut self.columns {
                let position = columns.iter().position(|theirs| theirs.name == ours.name).ok_or_else(|| {
                    Fault::setup(format!("{name}: column `{}` is missing, but the previous files have it", ours.name))
                })?;
                let Some(theirs) = columns.get(position).filter(|theirs| theirs.kind == ours.kind) else {
                    return Err(Fault::setup(format!(
                        "{name}: column `{}` has a different type than in the previous files; make the types match",
                        ours.name
                    )));
                };
                ours.is_single &= theirs.is_single;
                ours.is_real |= theirs.is_real;
                positions.push(position);
            }
        }
        self.files.push(ParquetFile { name, open, metadata, rows, positions });
        Ok(())
    }
}

impl TrainingTable for ParquetTable {
    fn name(&self) -> &str {
        self.files.first().map_or("", |file| file.name.as_str())
    }

    fn rows(&self) -> usize {
        self.files.iter().map(|file| file.rows).sum()
    }

    fn columns(&self) -> Vec<ColumnInfo> {
        self.columns.clone()
    }

    fn load(&self, column: usize) -> Result<ColumnData> {
        let arrays = self.arrays(column)?;
        Ok(match self.columns.get(column).map(|info| info.kind) {
            Some(ColumnKind::Texts | ColumnKind::Times) => texts(&arrays),
            _ => ColumnData::Numbers(arrays),
        })
    }

    fn numbers_in_order(&self, column: usize) -> Result<Option<Vec<f64>>> {
        Ok(numbers_in_order(&self.arrays(column)?, self.rows()))
    }

    fn every_text(&self, column: usize, step: usize) -> Result<Vec<Option<String>>> {
        let mut arrays = Vec::new();
        for file in &self.files {
            file.read(column, &mut arrays).map_err(|why| unreadable(&file.name, &why))?;
        }
        Ok(every_text(&arrays, step))
    }

    fn first_texts(&self, column: usize, most: usize) -> Result<Vec<String>> {
        let Some(file) = self.files.first() else { return Ok(Vec::new()) };
        let arrays = file.read_first(column, most).map_err(|why| unreadable(&file.name, &why))?;
        Ok(every_text(&arrays, 1).into_iter().flatten().collect())
    }
}

impl ParquetFile {
    /// Reads a column's first rows.
    fn read_first(&self, column: usize, rows: usize) -> Result<Vec<ArrayRef>, String> {
        let position =
            self.positions.get(column).copied().ok_or_else(|| format!("internal error: no column {column}"))?;
        let file = (self.open)().map_err(|error| error.to_string())?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_projection(ProjectionMask::roots(self.metadata.parquet_schema(), [position]))
            .with_batch_size(rows)
            .with_limit(rows)
            .build()
            .map_err(|error| error.to_string())?;
        let mut arrays = Vec::new();
        for batch in reader {
            arrays.extend(batch.map_err(|error| error.to_string())?.columns().first().cloned());
        }
        Ok(arrays)
    }

    fn read(&self, column: usize, arrays: &mut Vec<ArrayRef>) -> Result<(), String> {
        let message = |error: &dyn std::fmt::Display| error.to_string();
        let position =
            self.positions.get(column).copied().ok_or_else(|| format!("internal error: no column {column}"))?;
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), [position]);
        // A batch across row groups would have to be concatenated, expanding its dictionaries.
        for group in 0..self.metadata.metadata().num_row_groups() {
            let file = (self.open)().map_err(|error| message(&error))?;
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask.clone())
                .with_row_groups(vec![group])
                .with_batch_size(ROWS)
                .build()
                .map_err(|error| message(&error))?;
            for batch in reader {
                arrays.extend(batch.map_err(|error| message(&error))?.columns().first().cloned());
            }
        }
        Ok(())
    }
}

/// Every `step`-th text.
fn every_text(arrays: &[ArrayRef], step: usize) -> Vec<Option<String>> {
    let mut all = Vec::new();
    let mut first = 0;
    for array in arrays {
        let rows = (first..array.len()).step_by(step);
        first = (first + rows.len() * step).saturating_sub(array.len());
        let rows: UInt64Array = rows.map(|row| row as u64).collect();
        let texts = take(array, &rows, None).and_then(|array| cast(&array, &DataType::Utf8)).ok();
        let texts = texts.as_ref().and_then(|array| array.as_string_opt::<i32>());
        all.extend(texts.into_iter().flatten().map(|text| text.map(ToOwned::to_owned)));
    }
    all
}

/// The first line of an error, without the prefix that repeats the format.
pub(super) fn first_line(why: &str) -> &str {
    let line = why.lines().next().unwrap_or_default();
    line.strip_prefix("Parquet error: ").unwrap_or(line)
}

fn unreadable(name: &str, why: &str) -> Fault {
    Fault::setup(format!(
        "{name}: cannot be read as Parquet: {}; check that the file is complete and that its extension is correct",
        first_line(why)
    ))
}

/// Reads the footer, to decode each column as a type that follows from the stored one.
pub(super) fn load(
    reader: &impl ChunkReader,
    decoded: impl Fn(&DataType) -> DataType,
) -> Result<ArrowReaderMetadata, String> {
    let plain = ArrowReaderMetadata::load(reader, ArrowReaderOptions::new()).map_err(|error| error.to_string())?;
    let typed = |field: &Arc<Field>| Field::clone(field).with_data_type(decoded(field.data_type()));
    let schema = Schema::new(plain.schema().fields().iter().map(typed).collect::<Vec<_>>());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    Ok(ArrowReaderMetadata::try_new(plain.metadata().clone(), options).unwrap_or(plain))
}

/// Strings as dictionaries, so that each distinct string is processed once per batch, not once per row.
fn decoded_with_dictionaries(kind: &DataType) -> DataType {
    if is_text(kind) {
        return DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    }
    decoded_type(kind)
}

pub(super) fn column_info(field: &Field) -> ColumnInfo {
    let kind = match field.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        kind => kind,
    };
    let is_real = kind.is_floating() || kind.is_decimal();
    let is_number = kind.is_integer() || is_real || matches!(kind, DataType::Boolean | DataType::Null);
    let column_kind = if is_number {
        ColumnKind::Numbers
    } else if is_text(kind) || is_bytes(kind) {
        ColumnKind::Texts
    } else if kind.is_temporal() {
        ColumnKind::Times
    } else {
        ColumnKind::Other
    };
    ColumnInfo {
        name: field.name().clone(),
        kind: column_kind,
        is_single: *kind == DataType::Float32,
        // Half floats are exact in either precision.
        is_real: is_real && !matches!(kind, DataType::Float16 | DataType::Float32),
        is_typed: true,
    }
}

fn texts(arrays: &[ArrayRef]) -> ColumnData {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut missing = 0;
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    for array in arrays {
        let keyed: ArrayRef = match array.data_type() {
            kind if is_text(kind) => array.clone(),
            _ => Arc::new(batch::texts(array)),
        };
        let keyed = cast(&keyed, &kind);
        let Some(keyed) = keyed.as_ref().ok().and_then(|keyed| keyed.as_dictionary_opt::<Int32Type>()) else {
            missing += array.len() as u64;
            continue;
        };
        let names = keyed.values().as_string::<i32>();
        let mut hits = vec![0u64; names.len()];
        for key in keyed.keys() {
            match key.and_then(|key| hits.get_mut(usize::try_from(key).ok()?)) {
                Some(hit) => *hit += 1,
                None => missing += 1,
            }
        }
        for (name, hit) in names.iter().zip(hits).filter(|(_, hit)| *hit > 0) {
            match name {
                None => missing += hit,
                Some(name) => match rows.get_mut(name) {
                    Some(count) => *count += hit,
                    None => {
                        rows.insert(name.to_owned(), hit);
                    }
                },
            }
        }
    }
    ColumnData::Texts { rows, missing }
}

#[cfg(test)]
mod tests {
    use arrow_array::DictionaryArray;

    use super::*;

    #[test]
    fn every_step_counts_over_the_ends_of_arrays() {
        let all: Vec<Option<String>> = (0..23_u8).map(|row| (row % 4 != 3).then(|| (row % 7).to_string())).collect();
        for lengths in [vec![23], vec![1, 0, 9, 2, 11], vec![5; 4]] {
            let mut rest = all.as_slice();
            let arrays: Vec<ArrayRef> = lengths
                .into_iter()
                .map(|rows| {
                    let (own, others) = rest.split_at(rows);
                    rest = others;
                    Arc::new(own.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>()) as ArrayRef
                })
                .collect();
            let rows = all.len() - rest.len();
            for step in [1, 2, 3, 7, 40] {
                let expected: Vec<Option<String>> = all[..rows].iter().step_by(step).cloned().collect();
                assert_eq!(every_text(&arrays, step), expected, "step {step}");
            }
        }
    }
}
