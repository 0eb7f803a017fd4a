//! A log in a table of PostgreSQL: read-only, one snapshot, the window pushed down to the server, rows streamed.

mod access;
mod column;
mod copy;
mod database;
mod labels;
mod log;
mod look;
mod name;
mod password;
mod pushdown;
mod relation;
mod selection;
mod session;
mod stored;
mod tls;
mod trouble;

pub(super) use access::Access;
pub(super) use labels::LabelTable;
pub(super) use log::Rows;
pub(super) use log::TableLog;
pub use look::Looked;
pub use stored::{StoredColumn, StoredTable, StoredValues, read_stored};
