//! Why a version was not found.

use vigie_mlflow::MlflowError;

use crate::fault::Fault;

/// Why a version, or a file of it, was not found.
pub(super) enum QueryError {
    /// A call failed.
    Registry(MlflowError),
    /// The version lacks a file.
    Missing(Fault),
    /// What the registry has cannot be used, or nothing can be kept.
    Other(Fault),
}

impl From<MlflowError> for QueryError {
    fn from(error: MlflowError) -> Self {
        Self::Registry(error)
    }
}
