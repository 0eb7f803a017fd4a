//! Where a log is kept: in files, or in a database. What is read of it looks the same.

use vigie_profile::{layout::Column, window::Instant};

use super::{
    FileLog, Kind, Options, Plan, Request,
    mapping::Mapping,
    postgres::{Looked, TableLog},
};
use crate::fault::Result;

/// What is known of the latest record without reading them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latest {
    /// Its time; `None`: there is no record.
    Known(Option<Instant>),
    /// All of them have to be read.
    Unordered,
}

/// A log that has been found.
#[derive(Debug)]
pub enum Log {
    Files(Box<FileLog>),
    Postgres(TableLog, Box<Options>),
}

impl Log {
    /// Finds the files, or connects to the database.
    pub fn open(options: &Options) -> Result<Self> {
        Ok(match options.kind {
            Kind::Files => Self::Files(Box::new(FileLog::open(options)?)),
            Kind::Postgres => Self::Postgres(TableLog::open(options)?, Box::new(options.clone())),
        })
    }

    /// What has to be read; what cannot hold records of the window is left out.
    pub fn plan(&self, request: &Request) -> Result<Plan> {
        match self {
            Self::Files(files) => files.plan(request),
            Self::Postgres(table, options) => {
                let mapping = Mapping::new(options, request)?;
                let rows = table.plan(&mapping)?;
                Ok(Plan::of_rows(mapping, rows))
            }
        }
    }

    /// The time of the latest record that `request` wants, where it can be known without reading all of them.
    pub fn latest(&self, request: &Request) -> Result<Latest> {
        match self {
            Self::Files(_) => Ok(Latest::Unordered),
            Self::Postgres(table, options) => table.latest(&Mapping::new(options, request)?),
        }
    }

    /// A look at the latest `most` rows of a table; `None`: the log is no table.
    pub fn look(&self, columns: Vec<Column>, most: u64) -> Result<Option<Looked>> {
        match self {
            Self::Files(_) => Ok(None),
            Self::Postgres(table, options) => {
                table.look(&Mapping::new(options, &Request { columns, window: None })?, most).map(Some)
            }
        }
    }

    /// Files beside the log that are of no kind that can be read, in one sentence, if any are.
    #[must_use]
    pub fn passed_over(&self) -> Option<String> {
        match self {
            Self::Files(files) => files.passed_over(),
            Self::Postgres(..) => None,
        }
    }
}
