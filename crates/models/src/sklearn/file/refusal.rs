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

/// An estimator or a transformer of this class was never fitted.
pub(crate) fn unfitted(class: &str) -> ModelError {
    let class: String = class.chars().take(60).collect();
    unsupported(format_args!(
        "has a {class} that is not fitted, so it cannot score; save it after fitting: \
         `skops.io.dump(model.fit(X, y), \"model.skops\")`"
    ))
}

/// The file exceeds its [`Allowance`](crate::allowance::Allowance): it is crafted.
pub(crate) fn over_allowance() -> ModelError {
    unsupported("would take more than four times the size of its file in memory")
}
