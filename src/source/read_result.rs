//! Results of reading a piece of a log.

use std::path::PathBuf;

use vigie_profile::shown::harmless;

use super::mapping::ReadSummary;
use crate::fault::{Fault, LeftOut};

/// A file that could not be read to its end, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// Its name in its store.
    pub(super) path: PathBuf,
    pub(super) why: String,
}

impl Unreadable {
    /// Returns the file and the reason as text that is safe to show.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        LeftOut { place: Some(harmless(&self.path.display().to_string())), cause: Some(harmless(&self.why)) }
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
