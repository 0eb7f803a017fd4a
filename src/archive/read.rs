//! Finds and reads published reports.

use std::{
    fs,
    path::{Path, PathBuf},
};

use vigie_profile::window::Window;

use crate::report::ReportDocument;

/// Returns the folders of a model that are named like windows.
#[must_use]
pub fn window_folders(model: &Path) -> Vec<(Window, PathBuf)> {
    let Ok(entries) = fs::read_dir(model) else { return Vec::new() };
    let named = |path: PathBuf| Some((Window::from_folder(path.file_name()?.to_str()?)?, path));
    entries.flatten().map(|entry| entry.path()).filter_map(named).collect()
}

/// Returns the windows of a model that have a report.
#[must_use]
pub fn reported_windows(reports: &Path, model: &str) -> Vec<Window> {
    let folders = window_folders(&reports.join(model)).into_iter();
    folders.filter(|(_, folder)| folder.join("report.json").is_file()).map(|(window, _)| window).collect()
}

/// Reads the report in a folder. Returns `None` if there is no readable one.
pub(super) fn read_report(folder: &Path) -> Option<ReportDocument> {
    ReportDocument::from_json(&fs::read_to_string(folder.join("report.json")).ok()?).ok()
}

/// Reads the report of the window that ends last. Returns `None` if the model has no readable report.
#[must_use]
pub fn latest_report(reports: &Path, model: &str) -> Option<ReportDocument> {
    let (_, folder) =
        window_folders(&reports.join(model)).into_iter().max_by_key(|(window, _)| (window.to, window.from))?;
    read_report(&folder)
}
