//! A log of any kind behind one interface: opened once, planned for a window, read piece by piece on any thread.

use std::{collections::BTreeMap, path::Path};

use vigie_profile::{
    batch::{Complaints, Records},
    layout::Column,
};

use super::{
    Latest, Request, SourceOptions,
    file::LogFile,
    files::{FileLog, FilePiece},
    mapping::{Field, Mapping, ReadSummary},
    parquet_file::RowMask,
    place::RowPlace,
    postgres::{TableLog, TablePreview, TableQuery},
    read_result::{LogSample, ReadResult, Unreadable},
    shape,
    two_phase::FeatureSink,
};
use crate::fault::{InputShape, Result};

/// A log that has been opened.
#[derive(Debug)]
pub struct Log {
    options: SourceOptions,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    Files(FileLog),
    Table(TableLog),
}

/// The work needed to read a window.
#[derive(Debug)]
pub struct Plan {
    mapping: Mapping,
    pub pieces: Vec<Piece>,
    /// Number of files that may contain records of the window.
    pub files: usize,
    pub unreadable: Vec<Unreadable>,
}

/// What a pass over the files met that has no time.
#[derive(Debug, Default)]
pub struct Timeless {
    /// Records without a readable time, and lines that are not records, in files with records around the window.
    pub complaints: Complaints,
    /// Files of which no line is a record, or no record has a time.
    pub lost: Vec<Unreadable>,
    /// Number of lines in these files that are records nevertheless.
    pub lost_records: u64,
}

/// The unit of work of one thread.
#[derive(Debug)]
pub struct Piece(PieceOrigin);

#[derive(Debug)]
enum PieceOrigin {
    /// A file, or a part of one.
    File(FilePiece),
    /// Rows of a table.
    Query(TableQuery),
}

impl Log {
    /// Finds the files, or connects to the database.
    pub fn open(options: &SourceOptions) -> Result<Self> {
        let origin = match options.place.rows() {
            RowPlace::Files => Origin::Files(FileLog::open(&options.place)?),
            RowPlace::Table => Origin::Table(TableLog::open(options)?),
        };
        Ok(Self { options: options.clone(), origin })
    }

    /// Plans the read. Files and rows that cannot be in the window are left out.
    pub fn plan(&self, request: &Request) -> Result<Plan> {
        let mapping = Mapping::new(&self.options, request)?;
        Ok(match &self.origin {
            Origin::Files(log) => {
                let planned = log.plan(&mapping);
                let pieces = planned.pieces.into_iter().map(|piece| Piece(PieceOrigin::File(piece))).collect();
                Plan { mapping, pieces, files: planned.files, unreadable: planned.unreadable }
            }
            Origin::Table(table) => {
                let queries = table.plan(&mapping)?;
                let pieces = queries.into_iter().map(|query| Piece(PieceOrigin::Query(query))).collect();
                Plan { mapping, pieces, files: 0, unreadable: Vec::new() }
            }
        })
    }

    /// The time of the latest record that matches `request`, if it is known without reading all records.
    pub fn latest(&self, request: &Request) -> Result<Latest> {
        match &self.origin {
            Origin::Files(_) => Ok(Latest::Unordered),
            Origin::Table(table) => table.latest(&Mapping::new(&self.options, request)?),
        }
    }

    /// Describes a table and reads its latest `max_rows` rows. Returns `None` if the log is not a table.
    pub fn preview(&self, columns: Vec<Column>, max_rows: u64) -> Result<Option<TablePreview>> {
        match &self.origin {
            Origin::Files(_) => Ok(None),
            Origin::Table(table) => {
                let mapping = Mapping::new(&self.options, &Request { columns, window: None })?;
                table.preview(&mapping, max_rows).map(Some)
            }
        }
    }

    /// Reads a sample of records at any time. Returns `None` if the log is not in files.
    pub fn sample(&self, columns: Vec<Column>) -> Result<Option<LogSample>> {
        let Origin::Files(log) = &self.origin else { return Ok(None) };
        let mapping = Mapping::new(&self.options, &Request { columns, window: None })?;
        Ok(Some(log.sample(&mapping)))
    }

    /// Files that are not read although their names look like those of a log.
    #[must_use]
    pub fn unnamed_logs(&self) -> Vec<Unreadable> {
        match &self.origin {
            Origin::Files(log) => log.unnamed_logs().collect(),
            Origin::Table(_) => Vec::new(),
        }
    }

    /// Names of the skipped files in no supported format, safe to display.
    #[must_use]
    pub fn skipped_files(&self) -> Vec<String> {
        match &self.origin {
            Origin::Files(log) => log.skipped_files().collect(),
            Origin::Table(_) => Vec::new(),
        }
    }
}

impl Plan {
    /// Returns what concerns the window of the records without a time, once all pieces have been read.
    #[must_use]
    pub fn timeless(&self, found: &ReadSummary) -> Timeless {
        let mut timeless = Timeless::default();
        for (path, file) in found.files.iter().filter(|(_, file)| file.may_concern(self.mapping.window)) {
            timeless.complaints.merge(file.timeless.clone());
            let lost = if let Some(lost) = self.file(path).and_then(|log_file| shape::lost(log_file, file)) {
                timeless.lost_records += file.parsed;
                Some(lost)
            } else {
                (file.has_no_time() && found.files.len() > 1).then_some((InputShape::NoTime, None))
            };
            timeless.lost.extend(lost.map(|shape| Unreadable::lost(path.clone(), shape)));
        }
        timeless
    }

    fn file(&self, path: &Path) -> Option<&LogFile> {
        let mut files = self.pieces.iter().filter_map(|piece| match &piece.0 {
            PieceOrigin::File(piece) => Some(piece.file()),
            PieceOrigin::Query(_) => None,
        });
        files.find(|file| file.stored.path() == path)
    }

    /// The mapped fields with their paths as in the config.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<Field, String> {
        self.mapping.fields()
    }

    /// Returns whether the features of a piece can be read separately from its records.
    #[must_use]
    pub fn has_separate_features(&self, piece: &Piece) -> bool {
        match &piece.0 {
            PieceOrigin::File(piece) => piece.has_separate_features(),
            PieceOrigin::Query(_) => false,
        }
    }

    /// Number of rows of a piece with [`Self::has_separate_features`]; 0 for others.
    #[must_use]
    pub fn rows(&self, piece: &Piece) -> usize {
        match &piece.0 {
            PieceOrigin::File(piece) => piece.group_rows(),
            PieceOrigin::Query(_) => 0,
        }
    }

    /// Streams the records of a piece with [`Self::has_separate_features`] into `sink`, without their features.
    pub fn read_without_features(&self, piece: &Piece, sink: &mut dyn FnMut(Records, RowMask)) -> ReadResult {
        match &piece.0 {
            PieceOrigin::File(piece) => piece.read_without_features(&self.mapping, sink),
            PieceOrigin::Query(_) => ReadResult::default(),
        }
    }

    /// Streams some features of those records, batch by batch. `columns` are indices into the request; `kept` holds the
    /// masks from [`Self::read_without_features`].
    pub fn read_features(
        &self,
        piece: &Piece,
        columns: &[usize],
        kept: &[RowMask],
        sink: FeatureSink<'_>,
    ) -> ReadResult {
        match &piece.0 {
            PieceOrigin::File(piece) => piece.read_features(&self.mapping, columns, kept, sink),
            PieceOrigin::Query(_) => ReadResult::default(),
        }
    }

    /// Streams the records of a piece into `sink`.
    pub fn read(&self, piece: &Piece, sink: &mut dyn FnMut(Records)) -> ReadResult {
        match &piece.0 {
            PieceOrigin::File(piece) => piece.read(&self.mapping, sink),
            PieceOrigin::Query(query) => {
                let (found, result) = query.read(&self.mapping, sink);
                ReadResult { found, unreadable: None, fault: result.err() }
            }
        }
    }
}
