//! Lists of column names: `A,B`, or `@file` with one name per line.

use crate::fault::{Fault, Result, describe_io};

pub(super) fn names_or_empty(flag: &str, list: Option<&str>) -> Result<Vec<String>> {
    list.map_or(Ok(Vec::new()), |list| names(flag, list))
}

/// Parses `A,B`, or reads `@file` with one name per line.
pub(super) fn names(flag: &str, list: &str) -> Result<Vec<String>> {
    let trimmed = |names: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        names.map(str::trim).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
    };
    let Some(path) = list.strip_prefix('@') else { return Ok(trimmed(&mut list.split(','))) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::setup(format!("{flag} @{path}: {}; expected a text file with one name per line", describe_io(&error)))
    })?;
    Ok(trimmed(&mut text.lines()))
}
