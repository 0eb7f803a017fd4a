//! Reports are kept for a while, and then removed: only folders that look just like a window's, of one model.

use std::{fs, path::Path, time::SystemTime};

use vigie_profile::window::{Instant, Window};

use super::publish::cannot;
use crate::fault::Result;

/// Removes the model's reports of windows that ended before, but for those `kept` names. Answers how many.
///
/// Nothing else in the folder is touched: no replay, no example, no file that somebody put there.
pub fn retain(reports: &Path, model: &str, before: Instant, kept: impl Fn(Window) -> bool) -> Result<usize> {
    let folder = reports.join(model);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(0) };
    let mut removed = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().map_or(true, |kind| !kind.is_dir()) {
            continue;
        }
        let Some(window) = entry.file_name().to_str().and_then(Window::of_folder) else { continue };
        if window.to < before && !kept(window) {
            fs::remove_dir_all(&path).map_err(|error| cannot("remove", &path, &error))?;
            removed += 1;
        } else {
            sweep(&path);
        }
    }
    Ok(removed)
}

/// A report that was being written when the process died leaves a file that nobody will finish.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_old = |changed: SystemTime| changed.elapsed().is_ok_and(|age| age.as_secs() > 86_400);
        let is_left = entry.file_name().to_str().is_some_and(|name| name.starts_with(".report-"));
        if is_left && entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(is_old) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
