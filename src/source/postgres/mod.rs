//! A log in a PostgreSQL table: read-only, one snapshot, the window pushed down to the server, rows streamed.

mod access;
mod bounded;
mod column;
mod connect;
mod copy;
mod database;
mod error;
mod insert;
mod keyed;
mod labels;
mod log;
mod lookup;
mod name;
mod password;
mod preview;
mod pushdown;
mod relation;
mod selection;
mod session;
mod stored;
mod tls;

pub(super) use access::Access;
pub(super) use database::check_url;
pub use insert::RowInsert;
pub(super) use keyed::KeyedTable;
pub(super) use labels::LabelTable;
pub(super) use log::{TableLog, TableQuery};
pub(super) use lookup::RowLookup;
pub use preview::TablePreview;
pub(super) use stored::read_stored;
pub use stored::{StoredColumn, StoredTable, StoredValues};
