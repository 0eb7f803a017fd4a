//! Keywords of the filter language.

const KEYWORDS: [&str; 6] = ["and", "or", "not", "in", "is", "missing"];

/// Whether a column of this name must be quoted.
pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}
