//! A log of either kind, files or a database table, behind one interface.

use vigie_profile::layout::Column;

use super::{
    FileLog, Latest, Plan, Request, SourceKind, SourceOptions,
    mapping::Mapping,
    postgres::{TableLog, TablePreview},
};
use crate::fault::Result;

/// A log that has been opened.
#[derive(Debug)]
pub enum Log {
    Files(Box<FileLog>),
    Postgres(TableLog, Box<SourceOptions>),
}

impl Log {
    /// Finds the files, or connects to the database.
    pub fn open(options: &SourceOptions) -> Result<Self> {
        Ok(match options.kind {
            SourceKind::Files => Self::Files(Box::new(FileLog::open(options)?)),
            SourceKind::Postgres => Self::Postgres(TableLog::open(options)?, Box::new(options.clone())),
        })
    }

    /// Plans the read. Whatever cannot contain records of the window is left out.
    pub fn plan(&self, request: &Request) -> Result<Plan> {
        match self {
            Self::Files(files) => files.plan(request),
            Self::Postgres(table, options) => {
                let mapping = Mapping::new(options, request)?;
                let queries = table.plan(&mapping)?;
                Ok(Plan::from_queries(mapping, queries))
            }
        }
    }

    /// The time of the latest record that matches `request`, if it is known without reading all records.
    pub fn latest(&self, request: &Request) -> Result<Latest> {
        match self {
            Self::Files(_) => Ok(Latest::Unordered),
            Self::Postgres(table, options) => table.latest(&Mapping::new(options, request)?),
        }
    }

    /// Describes a table and reads its latest `max_rows` rows. Returns `None` if the log is not a table.
    pub fn preview(&self, columns: Vec<Column>, max_rows: u64) -> Result<Option<TablePreview>> {
        match self {
            Self::Files(_) => Ok(None),
            Self::Postgres(table, options) => {
                table.preview(&Mapping::new(options, &Request { columns, window: None })?, max_rows).map(Some)
            }
        }
    }

    /// One sentence that names the skipped files in no supported format, if there are any.
    #[must_use]
    pub fn skipped_files(&self) -> Option<String> {
        match self {
            Self::Files(files) => files.skipped_files(),
            Self::Postgres(..) => None,
        }
    }
}
