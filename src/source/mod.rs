//! Where records come from: files (Parquet, NDJSON, CSV), found, pruned and read into [`crate::batch::Records`].

mod apart;
mod clock;
mod fields;
mod file;
mod json_text;
mod lines;
mod log;
mod mapping;
mod options;
mod partition;
mod path;
mod record;
mod sheet;
mod table;
mod typed;
mod value;

pub use apart::Kept;
pub use fields::{Fields, Paths, Scaled};
pub use log::{FileLog, Piece, Plan, Reading, Unreadable};
pub use mapping::{Field, Found, Request};
pub use options::{Kind, Options, Scalar, Where};
