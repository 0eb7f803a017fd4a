//! Publishes summaries of replays and of ranges, in folders that retention ignores.

use std::path::{Path, PathBuf};

use vigie_profile::window::Window;

use super::publish::{Published, create_folder, write_fault, write_temporary};
use crate::fault::Result;

/// `reports/<model>/replay/<from>_<to>`, followed by `_` and the mark of a replay by another model (8 digits of its hash) or of
/// checks (the length of a window).
#[must_use]
pub fn replay_folder(reports: &Path, model: &str, range: Window, mark: Option<&str>) -> PathBuf {
    let mark: String = mark.map_or(String::new(), |mark| mark.chars().take(8).collect());
    let name = if mark.is_empty() { range.folder() } else { format!("{}_{mark}", range.folder()) };
    reports.join(model).join("replay").join(name)
}

/// Folder of the report of a window that is compared with another one:
/// `reports/<model>/replay/<from>_<to>_against_<from>_<to>`.
#[must_use]
pub fn against_folder(reports: &Path, model: &str, window: Window, other: Window) -> PathBuf {
    reports.join(model).join("replay").join(format!("{}_against_{}", window.folder(), other.folder()))
}

/// Writes a summary atomically.
pub fn publish_summary(folder: &Path, json: &str, html: &str) -> Result<Published> {
    create_folder(folder, 3)?;
    let path = |extension: &str| folder.join(format!("summary.{extension}"));
    let new = [(write_temporary(folder, html)?, path("html")), (write_temporary(folder, json)?, path("json"))];
    for (file, path) in new {
        file.persist(&path).map_err(|error| write_fault("write", &path, &error.error))?;
    }
    Ok(Published { json: path("json"), html: path("html") })
}
