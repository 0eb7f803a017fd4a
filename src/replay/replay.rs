//! Result of replaying a window.

use super::{Parity, Shift};

/// The `replay` section of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Hash of the model file that scored the rows.
    pub model_sha256: String,
    pub parity: Parity,
    /// Decisions of that model, if it is not the model that made the logged ones.
    pub challenger: Option<Shift>,
}
