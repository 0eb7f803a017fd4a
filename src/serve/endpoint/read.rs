//! Helpers that read the bodies of requests.

use std::{borrow::Cow, str};

use axum::body::Bytes;
use memchr::memmem;
use serde_json::value::RawValue;
use vigie_profile::batch::plain_tokens;

use crate::serve::{admission::RowLimits, json_object::json_object, refusal::ScoringRefusal};

/// The text of a JSON body. Python writes the bare tokens NaN and Infinity, which JSON does not have: they become null and
/// text. Checked here, so that parts of the text can be taken as they are.
pub(super) fn json_text(body: &Bytes) -> Result<Cow<'_, str>, ScoringRefusal> {
    let text = utf8(body)?;
    let Some(problem) = not_json(text) else { return Ok(Cow::Borrowed(text)) };
    let plain = plain_tokens(body).and_then(|plain| String::from_utf8(plain).ok());
    plain.filter(|plain| not_json(plain).is_none()).map(Cow::Owned).ok_or(problem)
}

/// Like [`json_text`], but checked only if it may have bare tokens: the caller reads all of it, and lets [`not_json`] say
/// what is wrong if that fails.
pub(super) fn unchecked_json_text(body: &Bytes) -> Result<Cow<'_, str>, ScoringRefusal> {
    let has = |token: &[u8]| memmem::find(body, token).is_some();
    if has(b"NaN") || has(b"Infinity") { json_text(body) } else { utf8(body).map(Cow::Borrowed) }
}

fn utf8(body: &Bytes) -> Result<&str, ScoringRefusal> {
    str::from_utf8(body).map_err(|_| ScoringRefusal::unreadable("the body is not UTF-8 text"))
}

/// The refusal of a text that is not JSON; `None` if it is.
pub(super) fn not_json(text: &str) -> Option<ScoringRefusal> {
    let error = serde_json::from_str::<&RawValue>(text).err()?;
    let (line, column) = (error.line(), error.column());
    let why = format!("the body is not JSON (line {line}, column {column}); send an object");
    Some(ScoringRefusal::unreadable(why))
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
