//! Opens labels, in files or in a table: read row by row, previewed, and fingerprinted to detect new ones.

use std::sync::Arc;

use vigie_profile::window::Instant;

use super::{LabelOptions, files, scan::LabelScan, table};
use crate::{
    fault::Result,
    source::{SourceOptions, file::LogFile, mapping::Mapping, place::RowPlace, postgres::LabelTable},
};

/// Result of opening the labels.
#[derive(Debug)]
pub enum LabelLookup {
    Found(Box<LabelLog>),
    /// Nothing is at this place yet, which is not an error.
    NotYet(String),
}

/// Labels that exist.
#[derive(Debug)]
pub struct LabelLog {
    mapping: Mapping,
    origin: LabelOrigin,
}

#[derive(Debug)]
enum LabelOrigin {
    Files(Vec<Arc<LogFile>>),
    Table(LabelTable),
}

/// Overview of the labels, for `vigie config check --connect`.
#[derive(Debug)]
pub struct LabelPreview {
    /// Display name: the number of files, or server, database and table.
    pub place: String,
    /// The server's estimate of the number of rows in a table.
    pub rows: Option<i64>,
    /// The column with the time a label was written, and whether an index starts with it, if known.
    pub time: Option<(String, Option<bool>)>,
}

impl LabelLog {
    /// Finds the files, or connects to the database: the one of `log`, unless the labels have a `url`.
    pub fn open(options: &LabelOptions, log: &SourceOptions) -> Result<LabelLookup> {
        let mapping = Mapping::for_labels(&options.id, &options.target);
        let origin = match options.place.rows() {
            RowPlace::Files => match files::find_labels(&options.place.path, options.place.form())? {
                Ok(files) => LabelOrigin::Files(files),
                Err(place) => return Ok(LabelLookup::NotYet(place)),
            },
            RowPlace::Table => LabelOrigin::Table(table::open(options, log)?),
        };
        Ok(LabelLookup::Found(Box::new(Self { mapping, origin })))
    }

    /// Passes the id and outcome of each row to `each`. Rows written long before `since` may be left out.
    pub fn read(&self, since: Option<Instant>, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> LabelScan {
        match &self.origin {
            LabelOrigin::Files(files) => files::read(files, &self.mapping, each),
            LabelOrigin::Table(rows) => table::read(rows, &self.mapping, since, None, each),
        }
    }

    /// Reads a few rows of a table, or all files, and describes where they are.
    pub fn preview(&self, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> Result<(LabelPreview, LabelScan)> {
        const MAX_ROWS: u64 = 100;
        match &self.origin {
            LabelOrigin::Files(files) => {
                let place = format!("{} files", files.len());
                Ok((LabelPreview { place, rows: None, time: None }, files::read(files, &self.mapping, each)))
            }
            LabelOrigin::Table(rows) => {
                let (estimate, time) = rows.catalogue()?;
                let preview = LabelPreview { place: rows.shown(), rows: estimate, time };
                Ok((preview, table::read(rows, &self.mapping, None, Some(MAX_ROWS), each)))
            }
        }
    }

    /// Reads the beginning of some files. A table is not read.
    pub fn sample(&self, each: &mut dyn FnMut(Option<&str>, Option<&str>)) -> LabelScan {
        match &self.origin {
            LabelOrigin::Files(files) => files::sample(files, &self.mapping, each),
            LabelOrigin::Table(_) => LabelScan::default(),
        }
    }

    /// A text that changes when labels arrive or change, at little cost: from the sizes and times of the files, or from
    /// row hashes summed by the server.
    pub fn fingerprint(&self) -> Result<String> {
        match &self.origin {
            LabelOrigin::Files(files) => Ok(files::fingerprint(files)),
            LabelOrigin::Table(rows) => rows.fingerprint(),
        }
    }
}
