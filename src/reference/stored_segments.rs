//! Segments listed in the header of a reference file.

use serde::{Deserialize, Serialize};

/// Segments of a reference, in the order of their blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredSegments {
    /// Names of the features counted within each segment.
    pub features: Vec<String>,
    /// Definition and number of rows of each segment.
    pub segments: Vec<(String, u64)>,
}
