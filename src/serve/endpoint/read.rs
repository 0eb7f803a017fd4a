//! Helpers that read the bodies of requests.

use std::{borrow::Cow, str};

use axum::body::Bytes;
use serde_json::value::RawValue;
use vigie_profile::batch::plain_tokens;

use crate::serve::refusal::ScoringRefusal;

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

/// Objects of rows, from columns and lists of values in their order.
pub(super) fn objects(columns: &[String], rows: &[Vec<&RawValue>]) -> Result<Vec<String>, ScoringRefusal> {
    let names: Vec<String> = columns.iter().map(|name| serde_json::Value::from(name.as_str()).to_string()).collect();
    let rows = rows.iter().enumerate().map(|(index, row)| {
        if row.len() != names.len() {
            let (have, want) = (row.len(), names.len());
            return Err(ScoringRefusal::unreadable(format!("row {index} has {have} values for {want} columns")));
        }
        let mut object = String::with_capacity(names.len() * 32);
        object.push('{');
        for (place, (name, value)) in names.iter().zip(row).enumerate() {
            if place > 0 {
                object.push(',');
            }
            object.push_str(name);
            object.push(':');
            object.push_str(value.get());
        }
        object.push('}');
        Ok(object)
    });
    rows.collect()
}
