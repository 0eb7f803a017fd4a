//! Where records come from: files (Parquet, NDJSON, CSV) or a table of PostgreSQL, found, pruned and read into
//! [`vigie_profile::batch::Records`].

mod apart;
mod clock;
mod database_options;
mod fields;
mod file;
mod json_text;
mod labels;
mod lines;
mod log;
mod mapping;
mod options;
mod origin;
mod partition;
mod path;
mod postgres;
mod record;
mod sheet;
mod table;
mod typed;
mod value;

pub use apart::Kept;
pub use database_options::{DatabaseOptions, DatabaseUrl, SslMode};
pub use fields::{Fields, Paths, Scaled};
pub use labels::{Heard, LabelLog, LabelOptions, LabelsAt, Opened, may_come};
pub use log::{FileLog, Piece, Plan, Reading, Unreadable};
pub use mapping::{Field, Found, Request};
pub use options::{Kind, Options, Scalar, Where};
pub use origin::{Latest, Log};
pub use postgres::{Looked, StoredColumn, StoredTable, StoredValues, read_stored};
