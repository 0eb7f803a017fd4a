//! Results of reading a piece of a log.

use std::{fmt, path::PathBuf};

use vigie_profile::shown::harmless;

use super::mapping::ReadSummary;
use crate::fault::Fault;

/// A file that could not be read to its end, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// Its name in its store.
    pub(super) path: PathBuf,
    pub(super) why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", harmless(&self.path.display().to_string()), harmless(&self.why))
    }
}

/// Result of reading a piece, without its records.
#[derive(Debug, Default)]
pub struct ReadResult {
    pub found: ReadSummary,
    pub unreadable: Option<Unreadable>,
    /// A fault that ends the whole run, because half a table does not make a window.
    pub fault: Option<Fault>,
}
