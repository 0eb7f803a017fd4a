//! Reads model files.

use std::{fs, path::Path};

use vigie_models::Forest;

use crate::fault::{Fault, Result, describe_io};

/// Reads a model file; `key` is the flag or config key that names it.
pub(crate) fn read_forest(key: &str, path: &Path) -> Result<Forest> {
    let shown = path.display().to_string();
    let bytes = fs::read(path)
        .map_err(|error| Fault::setup(format!("{key} {shown}: {}; name a CatBoost .cbm file", describe_io(&error))))?;
    Ok(Forest::from_bytes(&shown, &bytes)?)
}
