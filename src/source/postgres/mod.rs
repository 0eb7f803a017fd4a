//! A log in a table of PostgreSQL: read-only, one snapshot, the window pushed down to the server, rows streamed.

mod column;
mod copy;
mod database;
mod log;
mod name;
mod password;
mod pushdown;
mod relation;
mod session;
mod tls;
mod trouble;

pub use log::TableLog;
pub(super) use log::Rows;
