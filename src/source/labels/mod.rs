//! Labels, in files or in a PostgreSQL table. They are streamed and never held in memory.

mod files;
mod log;
mod options;
mod scan;
mod table;

pub use log::{LabelLog, LabelLookup, LabelPreview};
pub use options::LabelOptions;
pub use scan::LabelScan;
