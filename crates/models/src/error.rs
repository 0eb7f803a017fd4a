//! Why a model file or its inputs are refused.

use std::fmt;

/// A model or its inputs cannot be used. The message names the cause and the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError {
    message: String,
}

/// `Result` with [`ModelError`] as the default error.
pub type Result<T, E = ModelError> = std::result::Result<T, E>;

impl ModelError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// Prefixes the message with its source, such as a file name.
    #[must_use]
    pub(crate) fn context(self, source: impl fmt::Display) -> Self {
        Self { message: format!("{source}: {}", self.message) }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ModelError {}
