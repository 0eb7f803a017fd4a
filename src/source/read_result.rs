//! Results of reading a piece of a log.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use vigie_profile::{batch::Records, shown::harmless};

use super::mapping::{Field, ReadSummary};
use crate::fault::{Fault, InputShape, LeftOut, LostInput};

/// A file that could not be read to its end, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// Its name in its store.
    path: PathBuf,
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Error(String),
    /// What the file looks like, and the first line that shows it.
    Lost(InputShape, Option<u64>),
}

impl Unreadable {
    pub(super) fn new(path: PathBuf, why: String) -> Self {
        Self { path, why: Why::Error(why) }
    }

    /// A file of which nothing, or not the rest, can be read, because of what it looks like.
    pub(super) fn lost(path: PathBuf, (shape, line): (InputShape, Option<u64>)) -> Self {
        Self { path, why: Why::Lost(shape, line) }
    }

    /// Returns the file's name in its store.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file and the reason as text that is safe to show.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let cause = match &self.why {
            Why::Error(why) => harmless(why),
            Why::Lost(shape, line) => {
                let line = line.map_or(String::new(), |line| format!("line {line}: "));
                format!("{line}{}; {}", shape.appearance(), shape.remedy())
            }
        };
        LeftOut { place: Some(harmless(&self.path.display().to_string())), cause: Some(cause) }
    }

    /// Returns what the file looks like, if that is why it is lost.
    #[must_use]
    pub fn loss(&self) -> Option<LostInput> {
        match &self.why {
            Why::Error(_) => None,
            Why::Lost(shape, line) => {
                let place = harmless(&self.path.display().to_string());
                Some(LostInput { place, line: *line, shape: *shape, more: 0 })
            }
        }
    }
}

/// Records from the beginning of some files.
#[derive(Debug, Default)]
pub struct LogSample {
    pub records: Vec<Records>,
    pub found: ReadSummary,
    /// Files that could not be read, or not to the last of these records.
    pub unreadable: Vec<Unreadable>,
    /// Mapped fields with their paths as in the config.
    pub fields: BTreeMap<Field, String>,
}

/// Result of reading a piece, without its records.
#[derive(Debug, Default)]
pub struct ReadResult {
    pub found: ReadSummary,
    pub unreadable: Option<Unreadable>,
    /// A fault that ends the whole run, because half a table does not make a window.
    pub fault: Option<Fault>,
}
