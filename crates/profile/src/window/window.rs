//! The half-open stretch of time `[from, to)` that one run judges.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Instant;

/// Half-open: a record at `from` is in, a record at `to` is in the next window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    pub from: Instant,
    pub to: Instant,
}

impl Window {
    /// `None` when `to` is not after `from`.
    #[must_use]
    pub fn new(from: Instant, to: Instant) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Whether a record at `instant` belongs to the window.
    #[must_use]
    pub fn contains(self, instant: Instant) -> bool {
        self.from <= instant && instant < self.to
    }

    /// `20261001T000000Z_20261002T000000Z`: the name of the window's folder.
    #[must_use]
    pub fn folder(self) -> String {
        format!("{}_{}", self.from.compact(), self.to.compact())
    }

    /// The window of a folder's name; `None`: it is another kind of folder.
    #[must_use]
    pub fn of_folder(name: &str) -> Option<Self> {
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
