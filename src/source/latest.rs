//! The time of a log's latest record, as far as it is known without reading the log.

use vigie_profile::window::Instant;

/// The time of the latest record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latest {
    /// Its time, or `None` if there is no record.
    Known(Option<Instant>),
    /// Unknown until all records are read.
    Unordered,
}
