//! Removes expired reports. Only folders named like windows are touched, one model at a time.

use std::{fs, path::Path};

use vigie_profile::window::{Instant, Window};

use super::{leftovers, publish::write_fault};
use crate::fault::Result;

/// Removes the reports of windows that ended before `before`, except those for which `kept` returns true. Returns the
/// number of removed reports.
///
/// Replays, examples and other files in the folder are left alone.
pub fn remove_expired(reports: &Path, model: &str, before: Instant, kept: impl Fn(Window) -> bool) -> Result<usize> {
    let folder = reports.join(model);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(0) };
    let mut removed = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().map_or(true, |kind| !kind.is_dir()) {
            continue;
        }
        let Some(window) = entry.file_name().to_str().and_then(Window::from_folder) else { continue };
        if window.to < before && !kept(window) {
            fs::remove_dir_all(&path).map_err(|error| write_fault("remove", &path, &error))?;
            removed += 1;
        } else {
            leftovers::remove_from(&path);
        }
    }
    Ok(removed)
}
