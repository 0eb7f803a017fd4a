//! One raw table as a Parquet file: its keys, and the rows of some keys.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use polars::prelude::{
    Column, DataFrame, DataType, IntoLazy, JoinArgs, JoinType, LazyFrame, PolarsResult, UnionArgs, col, concat,
};
use polars_io::{
    SerReader,
    parquet::{
        metadata::FileMetadataRef,
        read::{ParallelStrategy, ParquetReader},
    },
};

use crate::{error::PrepareError, plan::TableNeeds};

use super::schema::present_columns;

/// A part of the file that can be read alone, with the range of its group keys.
#[derive(Debug)]
struct RowGroup {
    offset: usize,
    rows: usize,
    low: i64,
    high: i64,
}

/// An open raw table. The file stays open, so that replacing it during the preparation changes nothing.
#[derive(Debug)]
pub(crate) struct RawFile {
    path: PathBuf,
    file: File,
    metadata: FileMetadataRef,
    key: &'static str,
    columns: Vec<String>,
    absent: Vec<String>,
    groups: Vec<RowGroup>,
    row_keys: Vec<i64>,
    rows: usize,
}

impl RawFile {
    /// Opens `<folder>/<table>.parquet`, checks the needed columns, and reads the keys: none may be missing, and the key of
    /// a row may not repeat.
    pub(crate) fn open(folder: &Path, needs: &TableNeeds<'_>) -> Result<Self, PrepareError> {
        let table = needs.table;
        let path = folder.join(table.file_name());
        let file = File::open(&path).map_err(|error| {
            let next = "--tables names the folder of the raw tables, one Parquet file each";
            PrepareError::new(format!("cannot open {}: {error}; {next}", path.display()))
        })?;
        let reading = |error: &dyn std::fmt::Display| {
            PrepareError::new(format!("cannot read {}: {error}; is it a complete Parquet file?", path.display()))
        };
        let opened = guarded(|| {
            let mut reader = ParquetReader::new(file.try_clone()?);
            let schema = reader.schema()?;
            Ok((schema, reader.get_metadata()?.clone()))
        });
        let (schema, metadata) = opened.map_err(|error| reading(&error))?;
        let columns = present_columns(needs, &path.display().to_string(), &schema)?;
        let columns: Vec<String> = columns.into_iter().map(|column| column.name.clone()).collect();
        let absent = needs.columns.iter().map(|column| &column.name).filter(|name| !columns.contains(name));
        let mut raw = Self {
            absent: absent.cloned().collect(),
            path: path.clone(),
            file,
            metadata,
            key: table.key,
            columns,
            groups: Vec::new(),
            row_keys: Vec::new(),
            rows: 0,
        };
        raw.read_keys(table.row_key)?;
        Ok(raw)
    }

    /// The values of the unique key, ascending; empty for a table without one.
    pub(crate) fn row_keys(&self) -> &[i64] {
        &self.row_keys
    }

    /// The number of rows of the file.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a needed column is absent from the file.
    pub(crate) fn lacks(&self, column: &str) -> bool {
        self.absent.iter().any(|name| name == column)
    }

    /// The file's name for messages.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn read_keys(&mut self, row_key: Option<&'static str>) -> Result<(), PrepareError> {
        let mut sizes = Vec::new();
        for group in &self.metadata.row_groups {
            sizes.push(group.num_rows());
        }
        let wanted: Vec<String> =
            row_key.into_iter().filter(|name| *name != self.key).chain([self.key]).map(str::to_owned).collect();
        for rows in sizes.into_iter().filter(|rows| *rows > 0) {
            let frame = self.part(&wanted, self.rows, rows)?;
            let keys = self.keys(&frame, self.key)?;
            let (low, high) =
                keys.iter().fold((i64::MAX, i64::MIN), |(low, high), key| (low.min(*key), high.max(*key)));
            self.groups.push(RowGroup { offset: self.rows, rows, low, high });
            self.rows += rows;
            if let Some(name) = row_key {
                let keys = self.keys(&frame, name)?;
                self.row_keys.extend(keys);
            }
        }
        self.row_keys.sort_unstable();
        let repeated: Vec<i64> = self
            .row_keys
            .windows(2)
            .filter(|pair| pair.first() == pair.last())
            .map(|pair| pair.first().copied().unwrap_or_default())
            .collect();
        match (repeated.first(), row_key) {
            (Some(first), Some(name)) => Err(PrepareError::new(format!(
                "{}: {name} must be unique, but {} rows repeat a key, the first is {first}; remove the duplicates",
                self.path.display(),
                repeated.len()
            ))),
            _ => Ok(()),
        }
    }

    fn keys(&self, frame: &DataFrame, name: &str) -> Result<Vec<i64>, PrepareError> {
        let keys = frame.column(name).and_then(|column| column.cast(&DataType::Int64));
        let keys = keys.map_err(|error| PrepareError::query(&self.path.display().to_string(), &error))?;
        if keys.null_count() > 0 {
            return Err(PrepareError::new(format!(
                "{}: rows without a value of the key {name}: {}; remove them or fill in the key",
                self.path.display(),
                keys.null_count()
            )));
        }
        let keys = keys.i64().map_err(|error| PrepareError::query(&self.path.display().to_string(), &error))?;
        Ok(keys.into_no_null_iter().collect())
    }

    /// The needed columns of the rows whose group key is among `keys`, a frame of one column of that name with distinct
    /// values between `low` and `high`.
    pub(crate) fn rows_of(&self, keys: &DataFrame, low: i64, high: i64) -> Result<DataFrame, PrepareError> {
        let mut parts = Vec::new();
        for group in self.groups.iter().filter(|group| group.low <= high && group.high >= low) {
            let part = self.part(&self.columns, group.offset, group.rows)?;
            let own = part.lazy().with_column(col(self.key).cast(DataType::Int64)).join(
                keys.clone().lazy(),
                [col(self.key)],
                [col(self.key)],
                JoinArgs::new(JoinType::Semi),
            );
            parts.push(own.collect().map_err(|error| self.failed(&error))?.lazy());
        }
        if parts.is_empty() {
            parts.push(self.empty()?.lazy());
        }
        let mut rows =
            concat(parts, UnionArgs::default()).and_then(LazyFrame::collect).map_err(|error| self.failed(&error))?;
        for name in &self.absent {
            let missing = Column::full_null(name.as_str().into(), rows.height(), &DataType::Float64);
            rows.with_column(missing).map_err(|error| self.failed(&error))?;
        }
        Ok(rows)
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> PrepareError {
        PrepareError::new(format!("cannot read {}: {error}; is it a complete Parquet file?", self.path.display()))
    }

    /// No rows.
    fn empty(&self) -> Result<DataFrame, PrepareError> {
        let mut frame = self.part(&self.columns, 0, 0)?;
        let keys = frame
            .column(self.key)
            .and_then(|column| column.cast(&DataType::Int64))
            .map_err(|error| self.failed(&error))?;
        frame.with_column(keys).map_err(|error| self.failed(&error))?;
        Ok(frame)
    }

    fn part(&self, columns: &[String], offset: usize, rows: usize) -> Result<DataFrame, PrepareError> {
        let read = guarded(|| {
            let mut reader = ParquetReader::new(self.file.try_clone()?);
            reader.set_metadata(self.metadata.clone());
            reader
                .with_columns(Some(columns.to_vec()))
                .with_slice(Some((offset, rows)))
                .read_parallel(ParallelStrategy::Columns)
                .finish()
        });
        read.map_err(|error| self.failed(&error))
    }
}

/// The library may panic on a damaged file; that is an error like any other.
fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("the contents are damaged".to_owned()),
    }
}

/// A frame of one key column.
pub(crate) fn ids_frame(name: &str, ids: &[i64]) -> DataFrame {
    Column::new(name.into(), ids).into_frame()
}
