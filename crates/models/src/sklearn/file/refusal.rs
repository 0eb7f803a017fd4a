//! Error messages for refused `.skops` files. The caller prefixes the name of the file.

use crate::error::ModelError;

/// The file is corrupt or contradicts itself.
pub(crate) fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!(
        "this .skops file is damaged: {what}; copy the file again, or save the model again with `skops.io.dump`"
    ))
}

/// The file is valid, but its model is not supported.
pub(crate) fn unsupported(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this scikit-learn model {what}"))
}

/// The file exceeds its [`Allowance`](crate::allowance::Allowance): it is crafted.
pub(crate) fn over_allowance() -> ModelError {
    unsupported("would take more than four times the size of its file in memory")
}
