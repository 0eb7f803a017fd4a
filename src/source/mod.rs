//! Log and label sources: files (Parquet, NDJSON, CSV) or PostgreSQL tables, located, pruned to a window and read into
//! [`vigie_profile::batch::Records`].

mod clock;
mod database_options;
mod fields;
mod file;
mod json_text;
mod labels;
mod latest;
mod lines;
mod log;
mod mapping;
mod options;
mod origin;
mod parquet_file;
mod partition;
mod path;
mod postgres;
mod record;
mod records_builder;
mod two_phase;
mod typed;
mod value;

pub use database_options::{DatabaseOptions, DatabaseUrl, SslMode};
pub use fields::{Fields, Paths, Scaled};
pub use labels::{LabelLog, LabelLookup, LabelOptions, LabelPreview, LabelScan, parent_exists};
pub use latest::Latest;
pub use log::{FileLog, Piece, Plan, ReadResult, Unreadable};
pub use mapping::{Field, ReadSummary, Request};
pub use options::{Scalar, SourceKind, SourceOptions, Where};
pub use origin::Log;
pub use parquet_file::RowMask;
pub use postgres::{StoredColumn, StoredTable, StoredValues, TablePreview, check_url, read_stored};
