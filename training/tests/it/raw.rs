//! Raw tables for tests: rows as name → cell, written as Parquet; and the features that come out.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use polars::prelude::{AnyValue, Column, DataFrame};
use polars_io::{
    SerReader,
    parquet::{read::ParquetReader, write::ParquetWriter},
};
use vigie_prepare::{
    PrepareError, PrepareOptions, PrepareReport, prepare,
    spec::{CellKind, RawTable},
    tables::Specification,
};

/// A cell that is present.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Number(f64),
    Text(String),
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Cell {
    fn from(value: i32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Column → cell; a column that is not there is missing.
pub(crate) type RawRow = BTreeMap<String, Cell>;

/// `row![KEY: 1, AMOUNT: 2.5, KIND: "a"]`
macro_rules! row {
    ($($name:ident: $value:expr),* $(,)?) => {
        std::collections::BTreeMap::from([$((stringify!($name).to_owned(), $crate::raw::Cell::from($value))),*])
    };
}
pub(crate) use row;

/// All seven tables: table → rows. A table without an entry is written without rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawTables {
    pub(crate) rows: BTreeMap<&'static str, Vec<RawRow>>,
    pub(crate) row_group: Option<usize>,
}

/// Every declared table, inner tables included.
pub(crate) fn declared() -> Vec<RawTable> {
    let specification = Specification::declared();
    let outer: Vec<RawTable> = specification.tables().cloned().collect();
    outer.into_iter().flat_map(|table| [table.inner.clone(), vec![table]].concat()).collect()
}

impl RawTables {
    /// Writes the seven files into `folder`.
    pub(crate) fn write(&self, folder: &Path) {
        for table in declared() {
            let none = Vec::new();
            let rows = self.rows.get(table.name).unwrap_or(&none);
            let columns = table.columns.iter().map(|column| {
                let name = column.name.as_str();
                let numbers = || {
                    rows.iter().map(|row| match row.get(name) {
                        Some(Cell::Number(value)) => Some(*value),
                        _ => None,
                    })
                };
                match column.kind {
                    CellKind::Key => Column::new(
                        name.into(),
                        numbers().map(|value| value.map(|value| value as i64)).collect::<Vec<_>>(),
                    ),
                    CellKind::Number | CellKind::Whole | CellKind::Flag => {
                        Column::new(name.into(), numbers().collect::<Vec<_>>())
                    }
                    CellKind::YesNo | CellKind::Text(_) => {
                        let texts = rows.iter().map(|row| match row.get(name) {
                            Some(Cell::Text(text)) => Some(text.as_str()),
                            _ => None,
                        });
                        Column::new(name.into(), texts.collect::<Vec<_>>())
                    }
                }
            });
            write_frame(&folder.join(table.file_name()), columns.collect(), self.row_group);
        }
    }
}

/// Writes one file of these columns.
pub(crate) fn write_frame(path: &Path, columns: Vec<Column>, row_group: Option<usize>) {
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    let writer = ParquetWriter::new(File::create(path).unwrap()).with_row_group_size(row_group);
    writer.finish(&mut frame).unwrap();
}

/// Reads a Parquet file.
pub(crate) fn read_frame(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

/// A folder with raw tables and room for results; removed at the end of the test.
pub(crate) struct Work {
    folder: tempfile::TempDir,
}

impl Work {
    pub(crate) fn new(tables: &RawTables) -> Self {
        let folder = tempfile::tempdir().unwrap();
        tables.write(folder.path());
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Options that prepare everything into `out.parquet`.
    pub(crate) fn options(&self) -> PrepareOptions {
        PrepareOptions {
            tables: self.folder.path().to_owned(),
            out: self.path("out.parquet"),
            columns: None,
            clients: None,
            dictionary: None,
            block: 10_000,
        }
    }
}

/// Prepares with these options and reads the result.
pub(crate) fn prepare_and_read(options: &PrepareOptions) -> Result<(DataFrame, PrepareReport), PrepareError> {
    let report = prepare(options)?;
    Ok((read_frame(&options.out), report))
}

/// All features of the tables.
pub(crate) fn features_of(tables: &RawTables) -> (DataFrame, PrepareReport) {
    let work = Work::new(tables);
    prepare_and_read(&work.options()).unwrap()
}

/// The features of one client by name.
pub(crate) fn client(frame: &DataFrame, id: i64) -> BTreeMap<String, AnyValue<'static>> {
    let ids = frame.column("SK_ID_CURR").unwrap().i64().unwrap();
    let at = ids.iter().position(|key| key == Some(id)).unwrap();
    let columns = frame.columns().iter();
    columns.map(|column| (column.name().to_string(), column.get(at).unwrap().into_static())).collect()
}

/// The names of the columns of a frame.
pub(crate) fn names(frame: &DataFrame) -> Vec<String> {
    frame.columns().iter().map(|column| column.name().to_string()).collect()
}
