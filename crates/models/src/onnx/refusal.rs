//! Error messages for refused ONNX files. The caller prefixes the name of the file.

use crate::error::ModelError;

/// What to do with a model that its ONNX file does not describe well enough.
pub(crate) const USE_SKOPS: &str = "save the pipeline with `skops.io.dump(pipeline, \"model.skops\")` instead";

/// The file is corrupt or contradicts itself.
pub(crate) fn damaged(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!(
        "this ONNX model is damaged: {what}; copy the file again, or convert the model again with skl2onnx"
    ))
}

/// The file is valid, but this crate does not support its model.
pub(crate) fn unsupported(what: impl std::fmt::Display) -> ModelError {
    ModelError::new(format!("this ONNX model {what}"))
}

/// The file exceeds its [`Allowance`](crate::allowance::Allowance).
pub(crate) fn over_allowance() -> ModelError {
    unsupported("would take more than four times the size of its file in memory, as if it had been made for that")
}
