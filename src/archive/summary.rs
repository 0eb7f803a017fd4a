//! Publishes replay summaries, in folders that retention ignores.

use std::path::{Path, PathBuf};

use vigie_profile::window::Window;

use super::publish::{Published, create_folder, write_fault, write_temporary};
use crate::fault::Result;

/// `reports/<model>/replay/<from>_<to>`, followed by `_` and 8 digits of the hash for a model other than the monitored
/// one.
#[must_use]
pub fn replay_folder(reports: &Path, model: &str, range: Window, sha256: Option<&str>) -> PathBuf {
    let digits: String = sha256.map_or(String::new(), |sha256| sha256.chars().take(8).collect());
    let name = if digits.is_empty() { range.folder() } else { format!("{}_{digits}", range.folder()) };
    reports.join(model).join("replay").join(name)
}

/// Writes the summary of a replay atomically.
pub fn publish_summary(folder: &Path, json: &str, html: &str) -> Result<Published> {
    create_folder(folder, 3)?;
    let path = |extension: &str| folder.join(format!("summary.{extension}"));
    let new = [(write_temporary(folder, html)?, path("html")), (write_temporary(folder, json)?, path("json"))];
    for (file, path) in new {
        file.persist(&path).map_err(|error| write_fault("write", &path, &error.error))?;
    }
    Ok(Published { json: path("json"), html: path("html") })
}
