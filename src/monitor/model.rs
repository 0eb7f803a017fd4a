//! A model file on its way in.

use std::{fs, path::Path};

use vigie_models::Forest;

use crate::fault::{Fault, Result, spoken};

/// Reads a model; `key` is the flag or the config key that named it.
pub(crate) fn read_forest(key: &str, path: &Path) -> Result<Forest> {
    let shown = path.display().to_string();
    let bytes = fs::read(path)
        .map_err(|error| Fault::setup(format!("{key} {shown}: {}; name a .cbm file of CatBoost", spoken(&error))))?;
    Ok(Forest::from_bytes(&shown, &bytes)?)
}
