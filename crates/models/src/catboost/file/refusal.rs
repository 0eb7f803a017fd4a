//! Error messages for refused model files. The caller prefixes the name of the file.

use crate::error::ModelError;

/// The file has another format.
pub(crate) fn not_a_model() -> ModelError {
    ModelError::new("not a CatBoost model; expected a .cbm file or a CatBoost JSON export")
}

/// The file is corrupt or contradicts itself.
pub(crate) fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!(
        "this CatBoost model is damaged: {what}; copy the file again, or save the model again with `save_model`"
    ))
}

/// The file is valid, but this crate does not support its model.
pub(crate) fn unsupported(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this CatBoost model {what}"))
}

pub(crate) const OVER_ALLOWANCE: &str =
    "would take more than four times the size of its file in memory; save it with format=\"cbm\"";

/// The file exceeds its [`Allowance`](crate::allowance::Allowance): it is crafted, or JSON without the spaces that
/// CatBoost writes.
pub(crate) fn over_allowance() -> ModelError {
    unsupported(OVER_ALLOWANCE)
}

/// The first characters of a string from a file, for an error message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
