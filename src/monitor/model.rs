//! Reads model files.

use std::{fs, path::Path};

use vigie_models::{FORMATS, Model};

use crate::fault::{Fault, Result, describe_io};

/// Reads a model file; `key` is the flag or config key that names it.
pub(crate) fn read_model(key: &str, path: &Path) -> Result<Model> {
    let place = place(key, path);
    let bytes = fs::read(path)
        .map_err(|error| Fault::setup(format!("{place}: {}; expected {FORMATS}", describe_io(&error))))?;
    Ok(Model::from_bytes(&place, &bytes)?)
}

/// The flag or config key and its file, for messages: `--model FILE` or `model.file: FILE`.
pub(crate) fn place(key: &str, path: &Path) -> String {
    let separator = if key.starts_with("--") { " " } else { ": " };
    format!("{key}{separator}{}", path.display())
}
