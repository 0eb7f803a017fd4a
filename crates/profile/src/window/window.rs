//! The half-open time range `[from, to)` of one run.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Instant;

/// A half-open time range: a record at `from` is inside, a record at `to` belongs to the next window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    pub from: Instant,
    pub to: Instant,
}

impl Window {
    /// Creates a window; `None` unless `to` is after `from`.
    #[must_use]
    pub fn new(from: Instant, to: Instant) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Whether a record at `instant` belongs to the window.
    #[must_use]
    pub fn contains(self, instant: Instant) -> bool {
        self.from <= instant && instant < self.to
    }

    /// Folder name of the window: `20261001T000000Z_20261002T000000Z`.
    #[must_use]
    pub fn folder(self) -> String {
        format!("{}_{}", self.from.compact(), self.to.compact())
    }

    /// Parses a folder name written by [`Self::folder`]; `None` for any other name.
    #[must_use]
    pub fn from_folder(name: &str) -> Option<Self> {
        let (from, to) = name.split_once('_')?;
        let window = Self::new(Instant::parse_compact(from)?, Instant::parse_compact(to)?)?;
        (window.folder() == name).then_some(window)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.to)
    }
}
