//! Training rows in a table: `postgres:TABLE`, or `postgres:SELECT …`, in place of a file.

use super::{
    SourceOptions,
    place::RowPlace,
    postgres::{self, StoredTable},
};
use crate::fault::{Fault, Result};

/// Prefix of a table's name.
const POSTGRES_PREFIX: &str = "postgres:";

/// Returns whether rows are in a table of the config's database, not in a file.
#[must_use]
pub fn is_stored(name: &str) -> bool {
    name.starts_with(POSTGRES_PREFIX)
}

/// Reads the rows of a table, from the database of `source:`.
pub fn read_stored(options: Option<&SourceOptions>, name: &str) -> Result<StoredTable> {
    let options = options.filter(|options| options.place.rows() == RowPlace::Table).ok_or_else(|| {
        Fault::setup("no database is configured; pass --config FILE with a config whose `source` has `kind: postgres`")
    })?;
    postgres::read_stored(options, name.strip_prefix(POSTGRES_PREFIX).unwrap_or(name))
}
