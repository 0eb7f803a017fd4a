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

/// Returns whether two windows have the same length. Days may differ by an hour for daylight saving time, and months by three
/// days.
pub(super) fn have_same_length(one: Window, other: Window) -> bool {
    const HOUR: i64 = 3_600_000_000;
    let length = |window: Window| window.to.0 - window.from.0;
    let (ours, theirs) = (length(one), length(other));
    let tolerance = match ours.min(theirs) {
        shorter if shorter >= 28 * 24 * HOUR - HOUR => 3 * 24 * HOUR + HOUR,
        shorter if shorter > 20 * HOUR => HOUR,
        _ => 0,
    };
    (ours - theirs).abs() <= tolerance
}

/// Reads the report in a folder. Returns `None` if there is no readable one.
pub(super) fn read_report(folder: &Path) -> Option<ReportDocument> {
    ReportDocument::from_json(&fs::read_to_string(folder.join("report.json")).ok()?).ok()
}

/// Reads the report of a window. Returns `None` if there is no readable one.
#[must_use]
pub fn window_report(reports: &Path, model: &str, window: Window) -> Option<ReportDocument> {
    read_report(&reports.join(model).join(window.folder()))
}

/// Reads the report of the window that ends last. Returns `None` if the model has no readable report.
#[must_use]
pub fn latest_report(reports: &Path, model: &str) -> Option<ReportDocument> {
    let (_, folder) =
        window_folders(&reports.join(model)).into_iter().max_by_key(|(window, _)| (window.to, window.from))?;
    read_report(&folder)
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::Instant;

    use super::*;

    #[test]
    fn days_and_months_of_other_lengths_are_alike() {
        let hours = |hours: i64| Window { from: Instant(0), to: Instant(hours * 3_600_000_000) };
        let alike =
            |one, other| have_same_length(hours(one), hours(other)) && have_same_length(hours(other), hours(one));
        assert!(alike(1, 1) && alike(24, 23) && alike(24, 25) && alike(168, 167));
        assert!(alike(28 * 24, 31 * 24) && alike(28 * 24 - 1, 31 * 24) && alike(30 * 24, 31 * 24 + 1));
        assert!(!alike(1, 2) && !alike(24, 48) && !alike(168, 192) && !alike(28 * 24, 35 * 24));
    }
}
