//! Typed values stored as JSON, and the sentences that earlier versions stored instead.

use rusqlite::{Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};

/// Reads a payload column; `None` in rows of earlier versions.
pub(super) fn read<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(index)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, error.into()))
}

/// Writes a payload column.
pub(super) fn write<T: Serialize>(payload: &T) -> rusqlite::Result<String> {
    serde_json::to_string(payload).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
