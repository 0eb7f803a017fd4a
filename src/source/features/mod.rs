//! The feature table, in files or in a PostgreSQL table: the features of some ids, streamed.

mod files;
mod lookup;
mod open;
mod options;
mod scan;

pub use lookup::{FeatureLookup, FoundFeatures};
pub use open::{FeatureTable, FeatureTablePreview};
pub use options::FeatureTableOptions;
pub use scan::FeatureScan;
