//! Notes about a run that are not findings.

use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

/// A note about a run.
///
/// Notes are stored in the ledger: a variant or field may be added, but not renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// The reference or the model file changed, or both, so trends start over.
    NewTrendLine {
        reference: bool,
        model: bool,
        /// Start of the first window that used them.
        from: Instant,
        /// Number of pending alerts that were reset.
        reset_alerts: usize,
    },
    /// A sentence from a version of vigie that stored no facts.
    Stored { sentence: String },
}
