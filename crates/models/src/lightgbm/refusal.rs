//! Error messages for refused LightGBM files. The caller prefixes the name of the file.

use crate::error::ModelError;

/// The file is corrupt or contradicts itself.
pub(crate) fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!(
        "this LightGBM model is damaged: {what}; copy the file again, or save the model again with \
         `booster.save_model('model.txt')`"
    ))
}

/// The file is valid, but this crate does not support its model, or needs a decision of its user.
pub(crate) fn unsupported(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this LightGBM model {what}"))
}

/// The file exceeds its [`Allowance`](crate::allowance::Allowance). No file that LightGBM writes does.
pub(crate) fn over_allowance() -> ModelError {
    unsupported("would take more than four times the size of its file in memory, so LightGBM did not write it")
}
