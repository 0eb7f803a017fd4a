//! The error of the preparation: one sentence that says what is wrong, where, and what to do next.

use std::{fmt, io, path::Path};

use polars::prelude::PolarsError;

/// Why no features were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareError {
    sentence: String,
}

impl PrepareError {
    /// An error with this sentence.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into() }
    }

    /// A failed operation on a file.
    pub(crate) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {action} {}: {error}", path.display()))
    }

    /// A query that failed; `place` names what was computed.
    pub(crate) fn query(place: &str, error: &PolarsError) -> Self {
        Self::new(format!("{place}: {error}"))
    }
}

impl fmt::Display for PrepareError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.sentence)
    }
}

impl std::error::Error for PrepareError {}
