//! What replay writes: below a folder of its own, which neither the index nor the daemon looks into.

use std::{
    fs,
    path::{Path, PathBuf},
};

use vigie_profile::window::Window;

use super::publish::{Published, cannot, written};
use crate::fault::Result;

/// `reports/<model>/replay/<from>_<to>`, and of another model than the watched one its mark.
#[must_use]
pub fn replay_folder(reports: &Path, model: &str, range: Window, sha256: Option<&str>) -> PathBuf {
    let mark: String = sha256.map_or(String::new(), |sha256| sha256.chars().take(8).collect());
    let name = if mark.is_empty() { range.folder() } else { format!("{}_{mark}", range.folder()) };
    reports.join(model).join("replay").join(name)
}

/// Writes the summary of a range, whole or not at all.
pub fn publish_summary(folder: &Path, json: &str, html: &str) -> Result<Published> {
    fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, &error))?;
    let place = |ending: &str| folder.join(format!("summary.{ending}"));
    let new = [(written(folder, html)?, place("html")), (written(folder, json)?, place("json"))];
    for (file, place) in new {
        file.persist(&place).map_err(|error| cannot("write", &place, &error.error))?;
    }
    Ok(Published { json: place("json"), html: place("html") })
}
