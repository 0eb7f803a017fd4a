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
    /// The registry's address means another version of the model.
    Promoted {
        /// Name of the registered model.
        name: String,
        /// The alias, if the address has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alias: Option<String>,
        former: i64,
        version: i64,
        /// Start of the first window that used it.
        from: Instant,
        /// Whether trends start over, because model or reference differ.
        new_line: bool,
        /// Number of pending alerts that were reset.
        reset_alerts: usize,
    },
    /// A sentence from a version of vigie that stored no facts.
    Stored { sentence: String },
}
