//! Training rows in Parquet: a column is decoded when it is asked for, and held no longer than it is learnt from.

use std::{collections::BTreeMap, fs::File, io, sync::Arc};

use arrow_array::{Array, ArrayRef, cast::AsArray, types::Int32Type};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
};
use vigie_profile::batch::without_decimals;

use super::columns::{About, Holds, Loaded, Table};
use crate::fault::{Fault, Result};

/// Rows decoded at a time: a column of them stays in a core's cache.
const ROWS: usize = 65_536;

/// Opens a file anew: each thread reads at places of its own.
pub type Opener = Box<dyn Fn() -> io::Result<File> + Send + Sync>;

/// One or more files with the same columns.
pub struct Sheet {
    columns: Vec<About>,
    parts: Vec<Part>,
}

struct Part {
    name: String,
    open: Opener,
    metadata: ArrowReaderMetadata,
    rows: usize,
    /// Where the columns of the first file are in this one.
    places: Vec<usize>,
}

impl Sheet {
    /// Reads the footers of files, the names being for the operator.
    pub fn open(files: Vec<(String, Opener)>) -> Result<Self> {
        let mut sheet = Self { columns: Vec::new(), parts: Vec::new() };
        for (name, open) in files {
            sheet.add(name, open)?;
        }
        Ok(sheet)
    }

    /// Rows of each file.
    #[must_use]
    pub fn rows_by_file(&self) -> Vec<usize> {
        self.parts.iter().map(|part| part.rows).collect()
    }

    fn add(&mut self, name: String, open: Opener) -> Result<()> {
        let broken = |why: String| broken(&name, &why);
        let file = open().map_err(|error| broken(error.to_string()))?;
        let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| broken(e.to_string()))?;
        // Texts as dictionaries: one is looked at once a batch, not once a row.
        let schema = Arc::new(Schema::new(plain.schema().fields().iter().map(keyed).collect::<Vec<_>>()));
        let options = ArrowReaderOptions::new().with_schema(schema);
        let metadata = ArrowReaderMetadata::try_new(plain.metadata().clone(), options).unwrap_or(plain);
        let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
        let columns: Vec<About> = metadata.schema().fields().iter().map(|field| about(field)).collect();
        let mut places = Vec::with_capacity(columns.len());
        if self.parts.is_empty() {
            places.extend(0..columns.len());
            self.columns = columns;
        } else {
            for ours in &mut self.columns {
                let place = columns.iter().position(|theirs| theirs.name == ours.name).ok_or_else(|| {
                    Fault::setup(format!("{name}: no column `{}`, which the files before it have", ours.name))
                })?;
                let Some(theirs) = columns.get(place).filter(|theirs| theirs.holds == ours.holds) else {
                    return Err(Fault::setup(format!(
                        "{name}: column `{}` has another type than in the files before it; make them agree",
                        ours.name
                    )));
                };
                ours.is_single &= theirs.is_single;
                ours.is_real |= theirs.is_real;
                places.push(place);
            }
        }
        self.parts.push(Part { name, open, metadata, rows, places });
        Ok(())
    }
}

impl Table for Sheet {
    fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.rows).sum()
    }

    fn columns(&self) -> Vec<About> {
        self.columns.clone()
    }

    fn load(&self, column: usize) -> Result<Loaded> {
        let mut arrays = Vec::new();
        for part in &self.parts {
            let read = part.read(column, &mut arrays);
            read.map_err(|why| broken(&part.name, &why))?;
        }
        Ok(match self.columns.get(column).map(|about| about.holds) {
            Some(Holds::Texts) => texts(&arrays),
            _ => Loaded::Numbers(arrays),
        })
    }
}

impl Part {
    fn read(&self, column: usize, arrays: &mut Vec<ArrayRef>) -> Result<(), String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let place = self.places.get(column).copied().ok_or("no such column")?;
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), [place]);
        // A batch of two row groups would have to be put together anew, texts spelled out.
        for group in 0..self.metadata.metadata().num_row_groups() {
            let file = (self.open)().map_err(|error| said(&error))?;
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask.clone())
                .with_row_groups(vec![group])
                .with_batch_size(ROWS)
                .build()
                .map_err(|error| said(&error))?;
            for batch in reader {
                arrays.extend(batch.map_err(|error| said(&error))?.columns().first().map(without_decimals));
            }
        }
        Ok(())
    }
}

fn broken(name: &str, why: &str) -> Fault {
    Fault::setup(format!(
        "{name}: cannot be read as parquet: {}; is the file whole, and what its ending says?",
        why.lines().next().unwrap_or_default()
    ))
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn keyed(field: &Arc<Field>) -> Arc<Field> {
    if !is_text(field.data_type()) {
        return field.clone();
    }
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Arc::new(Field::clone(field).with_data_type(kind))
}

pub(super) fn about(field: &Field) -> About {
    let kind = field.data_type();
    let is_real = kind.is_floating() || kind.is_decimal();
    let is_number = kind.is_integer() || is_real || matches!(kind, DataType::Boolean | DataType::Null);
    let holds = if is_number {
        Holds::Numbers
    } else if is_text(kind) {
        Holds::Texts
    } else {
        Holds::Other
    };
    About {
        name: field.name().clone(),
        holds,
        is_single: *kind == DataType::Float32,
        is_real: is_real && *kind != DataType::Float32,
        is_typed: true,
    }
}

fn texts(arrays: &[ArrayRef]) -> Loaded {
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut missing = 0;
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    for array in arrays {
        let keyed = cast(array, &kind);
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
    Loaded::Texts { rows, missing }
}
