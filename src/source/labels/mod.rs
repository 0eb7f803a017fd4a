//! Labels, wherever they come: in files, or in a table of PostgreSQL. They are streamed; nothing of them is held.

mod files;
mod log;
mod options;
mod table;

pub use files::may_come;
pub use log::{Heard, LabelLog, LabelsAt, Opened};
pub use options::LabelOptions;
