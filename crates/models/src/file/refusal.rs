//! Why a model file is refused: one sentence each, the file's name comes before it.

use crate::error::ModelError;

/// The bytes contradict themselves.
pub(crate) fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this CatBoost model is damaged: {what}; copy it again or save it again with `save_model`"))
}

/// The file is sound, but its model is beyond this scorer.
pub(crate) fn unsupported(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this CatBoost model {what}"))
}

/// Why reading stops before memory does.
pub(crate) const TIGHT: &str = "would take more than four times its file in memory; save it with format=\"cbm\"";

/// The file says more than it should be able to, or says it without the spaces that CatBoost writes.
pub(crate) fn tight() -> ModelError {
    unsupported(TIGHT)
}

/// The beginning of a text from a file, for a sentence.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
