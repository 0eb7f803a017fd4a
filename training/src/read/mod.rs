//! Raw tables: opening and checking files, the rows of a block of clients, and levels that are not declared.

mod block;
mod file;
mod schema;
mod unknown;

pub(crate) use block::OpenRawTable;
pub(crate) use unknown::UnknownLevels;
