//! Helpers that read the bodies of requests.

use std::{borrow::Cow, str};

use axum::body::Bytes;
use serde_json::value::RawValue;
use vigie_profile::batch::plain_tokens;

use crate::serve::{admission::RowLimits, json_object::json_object, refusal::ScoringRefusal};

/// The text of a body. Python writes the bare tokens NaN and Infinity, which JSON does not have: they become null.
pub(super) fn json_text(body: &Bytes) -> Result<Cow<'_, str>, ScoringRefusal> {
    let text = str::from_utf8(body).map_err(|_| ScoringRefusal::unreadable("the body is not UTF-8 text"))?;
    // Checked once here, so that parts of the text can be taken as they are.
    if serde_json::from_str::<&RawValue>(text).is_ok() {
        return Ok(Cow::Borrowed(text));
    }
    let plain = plain_tokens(body).and_then(|plain| String::from_utf8(plain).ok());
    match plain.filter(|plain| serde_json::from_str::<&RawValue>(plain).is_ok()) {
        Some(plain) => Ok(Cow::Owned(plain)),
        None => {
            let error = serde_json::from_str::<&RawValue>(text).err();
            let place =
                error.map_or_else(String::new, |error| format!(" (line {}, column {})", error.line(), error.column()));
            Err(ScoringRefusal::unreadable(format!("the body is not JSON{place}; send an object")))
        }
    }
}

/// One object per row, from the names of columns and the values of each row in their order.
pub(super) fn objects(
    columns: &[String],
    rows: &[Vec<&RawValue>],
    limits: RowLimits,
) -> Result<Vec<String>, ScoringRefusal> {
    limits.check(rows.len(), columns.iter().map(String::len).sum())?;
    let rows = rows.iter().enumerate().map(|(index, row)| {
        if row.len() != columns.len() {
            let (have, want) = (row.len(), columns.len());
            return Err(ScoringRefusal::unreadable(format!("row {index} has {have} values for {want} columns")));
        }
        Ok(json_object(columns.iter().zip(row).map(|(name, value)| (name.as_str(), value.get()))))
    });
    rows.collect()
}
