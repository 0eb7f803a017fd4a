//! What replaying a window told.

use super::{Parity, Shift};

/// The `replay` section of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Of the model file that the rows were scored with.
    pub model_sha256: String,
    pub parity: Parity,
    /// What it would have decided, where it is another model than the one that answered.
    pub challenger: Option<Shift>,
}
