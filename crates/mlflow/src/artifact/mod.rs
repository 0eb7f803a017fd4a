//! Files of models and runs: where they are, listing, downloading and uploading.

mod fetch;
mod list;
mod model_file;
mod root;
mod upload;

pub use list::ArtifactEntry;
pub use model_file::FetchedModel;
pub use root::ArtifactRoot;
