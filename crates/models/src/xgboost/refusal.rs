//! Error messages for refused XGBoost files. The caller prefixes the name of the file.

use crate::error::ModelError;

/// The file is corrupt or contradicts itself.
pub(crate) fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!(
        "this XGBoost model is damaged: {what}; copy the file again, or save the model again with `save_model`"
    ))
}

/// The file is valid, but this crate does not support its model or the options for it.
pub(crate) fn unsupported(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this XGBoost model {what}"))
}

/// The file exceeds its allowance of memory.
pub(crate) fn over_allowance() -> ModelError {
    unsupported(
        "would take more than four times the size of its file in memory; save it with `save_model(\"model.ubj\")`",
    )
}
