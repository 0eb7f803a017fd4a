//! The features of one id, found many times: for the scoring API. A table is asked; files are kept in memory.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant as Monotonic},
};

use arrow_array::{Array, ArrayRef, Float64Array, StringArray, cast::AsArray, types::Float64Type};
use arrow_cast::cast;
use arrow_schema::DataType;
use serde_json::Value;
use vigie_profile::{
    batch::{Records, texts, to_levels, to_numbers},
    layout::{Column, Kind},
};

use super::{FeatureTableOptions, files};
use crate::{
    fault::{Fault, Result},
    source::{
        Paths, SourceOptions,
        file::LogFile,
        mapping::Mapping,
        place::RowPlace,
        postgres::{Access, RowLookup},
        store::FileStamp,
    },
};

/// A feature table in which rows are found by id.
#[derive(Debug)]
pub struct FeatureLookup {
    options: FeatureTableOptions,
    origin: LookupOrigin,
}

#[derive(Debug)]
enum LookupOrigin {
    Files { columns: Vec<Column>, rows: RwLock<Arc<KeptRows>>, checked: RwLock<Monotonic> },
    Table(RowLookup),
}

/// Rows of files in memory.
#[derive(Debug, Default)]
struct KeptRows {
    stamps: Vec<Option<FileStamp>>,
    batches: Vec<Vec<KeptColumn>>,
    /// Batch and row of each id; `None` if several rows have it.
    places: HashMap<String, Option<(u32, u32)>>,
}

#[derive(Debug)]
enum KeptColumn {
    Numbers(Float64Array),
    Levels(StringArray),
    Missing,
}

/// What is found for an id.
#[derive(Debug, PartialEq, Eq)]
pub enum FoundFeatures {
    /// A JSON object.
    Row(String),
    Absent,
    /// Several rows have the id.
    Several,
}

impl FeatureLookup {
    /// Connects to the database, or reads the files. `columns`: the features that the model reads.
    pub fn open(options: &FeatureTableOptions, log: &SourceOptions, columns: &[Column]) -> Result<Self> {
        let origin = match options.place.rows() {
            RowPlace::Files => {
                let checked = RwLock::new(Monotonic::now());
                let rows = RwLock::new(Arc::new(KeptRows::read(options, columns)?));
                LookupOrigin::Files { columns: columns.to_vec(), rows, checked }
            }
            RowPlace::Table => {
                let access = Access::joined("features", &options.place, log);
                let features = options.features.as_ref().and_then(|paths: &Paths| paths.iter().next());
                LookupOrigin::Table(RowLookup::open(&access, &options.id, features)?)
            }
        };
        Ok(Self { options: options.clone(), origin })
    }

    /// The name of the id's column.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.options.id
    }

    /// The features of an id.
    pub async fn find(&self, id: &str) -> Result<FoundFeatures> {
        match &self.origin {
            LookupOrigin::Files { columns, rows, .. } => {
                let rows = Arc::clone(&rows.read().unwrap_or_else(PoisonError::into_inner));
                Ok(rows.find(columns, id))
            }
            LookupOrigin::Table(table) => {
                let mut rows = table.find(id).await?;
                Ok(match (rows.pop(), rows.is_empty()) {
                    (Some(_), false) => FoundFeatures::Several,
                    (Some(Some(row)), true) => FoundFeatures::Row(row),
                    (Some(None) | None, _) => FoundFeatures::Absent,
                })
            }
        }
    }

    /// Reads files again if they have changed. Blocks.
    pub fn refresh(&self) -> Result<()> {
        let LookupOrigin::Files { columns, rows, checked } = &self.origin else { return Ok(()) };
        let now = Monotonic::now();
        let stamps = stamps(&files::find(&self.options.place)?);
        if rows.read().unwrap_or_else(PoisonError::into_inner).stamps != stamps {
            let read = Arc::new(KeptRows::read(&self.options, columns)?);
            *rows.write().unwrap_or_else(PoisonError::into_inner) = read;
        }
        *checked.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    /// How long ago files were last compared with what is in memory; a table is asked for each id.
    #[must_use]
    pub fn age(&self) -> Duration {
        match &self.origin {
            LookupOrigin::Files { checked, .. } => checked.read().unwrap_or_else(PoisonError::into_inner).elapsed(),
            LookupOrigin::Table(_) => Duration::ZERO,
        }
    }

    /// Whether its rows are in memory.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        matches!(self.origin, LookupOrigin::Files { .. })
    }
}

fn stamps(files: &[Arc<LogFile>]) -> Vec<Option<FileStamp>> {
    files.iter().map(|file| file.stored.stamp()).collect()
}

impl KeptRows {
    fn read(options: &FeatureTableOptions, columns: &[Column]) -> Result<Self> {
        let found = files::find(&options.place)?;
        let mut rows = Self { stamps: stamps(&found), ..Self::default() };
        let mapping = Mapping::for_features(&options.id, options.features.as_ref(), columns);
        let mut wrong = None;
        files::read(&found, &mapping, &mut |records| {
            if let Err(fault) = rows.add(&records, columns) {
                wrong.get_or_insert(fault);
            }
        })?;
        wrong.map_or(Ok(rows), Err)
    }

    fn add(&mut self, records: &Records, columns: &[Column]) -> Result<()> {
        let Some(ids) = &records.id else { return Ok(()) };
        let batch = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
        for (row, id) in ids.iter().enumerate() {
            let Some(id) = id else { continue };
            let place = Some((batch, u32::try_from(row).unwrap_or(u32::MAX)));
            self.places.entry(id.to_owned()).and_modify(|place| *place = None).or_insert(place);
        }
        let kept = columns.iter().zip(&records.features).map(|(column, values)| match values {
            None => Ok(KeptColumn::Missing),
            Some(values) => KeptColumn::new(column, values),
        });
        self.batches.push(kept.collect::<Result<_>>()?);
        Ok(())
    }

    fn find(&self, columns: &[Column], id: &str) -> FoundFeatures {
        let (batch, row) = match self.places.get(id) {
            None => return FoundFeatures::Absent,
            Some(None) => return FoundFeatures::Several,
            Some(Some((batch, row))) => (*batch as usize, *row as usize),
        };
        let Some(values) = self.batches.get(batch) else { return FoundFeatures::Absent };
        let mut object = String::with_capacity(columns.len() * 40);
        object.push('{');
        for (column, values) in columns.iter().zip(values) {
            let comma = if object.len() > 1 { "," } else { "" };
            let _ = write!(object, "{comma}{}:{}", Value::from(column.name.as_str()), values.json(row));
        }
        object.push('}');
        FoundFeatures::Row(object)
    }
}

impl KeptColumn {
    fn new(column: &Column, values: &ArrayRef) -> Result<Self> {
        let misfit = |why: &str| Fault::setup(format!("features.path: `{}` {why}", column.name));
        if values.data_type() == &DataType::Null {
            return Ok(Self::Missing);
        }
        Ok(match column.kind {
            Kind::Numeric => {
                let mut wrong = false;
                let numbers = to_numbers(values, &mut |_| wrong = true);
                if wrong {
                    return Err(misfit("holds values that are not numbers"));
                }
                let numbers = cast(&numbers, &DataType::Float64).map_err(|error| misfit(&error.to_string()))?;
                Self::Numbers(numbers.as_primitive::<Float64Type>().clone())
            }
            Kind::Categorical => Self::Levels(texts(&to_levels(values))),
        })
    }

    fn json(&self, row: usize) -> Value {
        match self {
            Self::Numbers(numbers) if numbers.is_valid(row) => {
                serde_json::Number::from_f64(numbers.value(row)).map_or(Value::Null, Value::Number)
            }
            Self::Levels(levels) if levels.is_valid(row) => Value::from(levels.value(row)),
            Self::Numbers(_) | Self::Levels(_) | Self::Missing => Value::Null,
        }
    }
}
