//! Where records come from: files (Parquet, NDJSON, CSV), found, pruned and read into [`crate::batch::Records`].

mod fields;
mod options;

pub use fields::{Fields, Paths, Scaled};
pub use options::{Kind, Options, Scalar, Where};
