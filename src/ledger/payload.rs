//! Typed values stored as JSON, and the sentences that earlier versions stored instead.

use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};

/// Reads a payload column; `None` in rows of earlier versions, and in rows of later ones whose payload this version does
/// not know: one such row must not make the whole ledger unreadable.
pub(super) fn read<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(index)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Writes a payload column.
pub(super) fn write<T: Serialize>(payload: &T) -> rusqlite::Result<String> {
    serde_json::to_string(payload).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Facts;

    #[test]
    fn a_payload_of_a_later_version_is_skipped() {
        let ledger = rusqlite::Connection::open_in_memory().unwrap();
        let facts =
            |json: &str| -> Option<Facts> { ledger.query_row("SELECT ?1", [json], |row| read(row, 0)).unwrap() };
        assert_eq!(facts(r#"{"kind":"absent"}"#), Some(Facts::Absent { near: None }));
        assert_eq!(facts(r#"{"kind":"of_a_later_version","value":1}"#), None);
        let missing: Option<Facts> = ledger.query_row("SELECT NULL", [], |row| read(row, 0)).unwrap();
        assert_eq!(missing, None);
    }
}
