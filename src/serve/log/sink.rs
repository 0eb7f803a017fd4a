//! Where records are written: files, or a table.

use vigie_profile::window::Instant;

use super::day_file::DayFiles;
use crate::{fault::describe_io, source::RowInsert};

/// The place that records are written to.
#[derive(Debug)]
pub(super) enum LogSink {
    Files { files: DayFiles, folder: String },
    Table(RowInsert),
}

impl LogSink {
    /// Writes lines, each a record; all of them, or none. The error says what failed, and where.
    pub(super) fn write(&mut self, now: Instant, lines: &[u8]) -> Result<(), String> {
        match self {
            Self::Files { files, folder } => {
                let day = now.timestamp().strftime("%Y-%m-%d").to_string();
                files.append(&day, lines).map_err(|error| unwritable(folder, &error))
            }
            Self::Table(table) => {
                let text = String::from_utf8_lossy(lines);
                let records: Vec<&str> = text.lines().collect();
                table.append(&records).map_err(|fault| fault.to_string())
            }
        }
    }

    /// Whether something can be written; writes no record.
    pub(super) fn probe(&mut self) -> Result<(), String> {
        match self {
            Self::Files { files, folder } => files.probe().map_err(|error| unwritable(folder, &error)),
            Self::Table(table) => table.probe().map_err(|fault| fault.to_string()),
        }
    }

    /// Forgets the state of a write that panicked: the next one begins anew.
    pub(super) fn abandon(&mut self) {
        match self {
            Self::Files { files, .. } => files.abandon(),
            // A table finds out at the next write whether its connection is one.
            Self::Table(_) => {}
        }
    }

    /// Whether records of a failed write are certainly not there.
    pub(super) fn is_certain(&self) -> bool {
        matches!(self, Self::Files { .. })
    }

    /// The place, for people.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Files { folder, .. } => folder,
            Self::Table(table) => table.shown(),
        }
    }
}

fn unwritable(folder: &str, error: &std::io::Error) -> String {
    format!("serve.log.dir: cannot write to {folder}: {}", describe_io(error))
}
