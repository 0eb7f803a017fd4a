//! Registered models, their versions, and logged models.

mod find;
mod model_version;
mod write;

pub use find::ResolvedModel;
pub use model_version::{LoggedModel, ModelVersion, RegisteredModel};
pub use write::NewModelVersion;
