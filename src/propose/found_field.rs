//! A field that may have a role, and why.

/// A field that was chosen for a role, with the evidence, as a comment of the config.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundField {
    /// Dotted path, as readers resolve it.
    pub path: String,
    pub evidence: String,
}

impl FoundField {
    pub(super) fn new(path: &str, evidence: impl Into<String>) -> Self {
        Self { path: path.to_owned(), evidence: evidence.into() }
    }
}
