//! Trend files: the trend point of a run next to its report, so that trends and the index need not parse reports.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use vigie_profile::window::Window;

use super::{
    publish::{write_fault, write_temporary},
    read::{have_same_length, read_report, window_folders},
};
use crate::{
    fault::Result,
    report::{Head, TrendPoint},
};

const NAME: &str = "trend.ndjson";
/// Upper bound for the head line; usual heads are below 1 KB.
const MAX_HEAD: u64 = 64 * 1024;

/// Writes the trend point of the report in this folder. Must run after the report is written, because a trend file older
/// than its report is ignored.
pub fn write_point(folder: &Path, point: &TrendPoint) -> Result<()> {
    let path = folder.join(NAME);
    write_temporary(folder, point.to_text())?
        .persist(&path)
        .map_err(|error| write_fault("write", &path, &error.error))?;
    Ok(())
}

/// Returns the last `limit` runs of a model before `window`, oldest first.
#[must_use]
pub fn past_points(reports: &Path, model: &str, window: Window, limit: usize) -> Vec<TrendPoint> {
    let folders = earlier_folders(reports, model, window);
    let from = folders.len().saturating_sub(limit);
    folders.iter().skip(from).filter_map(|(_, folder)| read_point(folder)).collect()
}

/// Returns the folders of a model's windows before `window`, oldest first. Only windows of the same length count.
pub(super) fn earlier_folders(reports: &Path, model: &str, window: Window) -> Vec<(Window, PathBuf)> {
    let mut folders = window_folders(&reports.join(model));
    folders.retain(|(other, _)| other.from < window.from && have_same_length(*other, window));
    folders.sort_by_key(|(window, _)| window.from);
    folders
}

fn read_point(folder: &Path) -> Option<TrendPoint> {
    let stored = || TrendPoint::from_text(&fs::read_to_string(folder.join(NAME)).ok()?);
    if is_fresh(folder) { stored().or_else(|| point_from_report(folder)) } else { point_from_report(folder) }
}

/// Reads the head of the trend point in a folder. Returns `None` if there is no readable report.
pub(super) fn read_head(folder: &Path) -> Option<Head> {
    let stored = || {
        let mut line = String::new();
        BufReader::new(File::open(folder.join(NAME)).ok()?.take(MAX_HEAD)).read_line(&mut line).ok()?;
        Head::from_text(&line)
    };
    let rebuilt = || Some(point_from_report(folder)?.head);
    if is_fresh(folder) { stored().or_else(rebuilt) } else { rebuilt() }
}

/// Returns whether the trend file is at least as new as the report. A run that ends between writing the two leaves an
/// outdated trend file.
fn is_fresh(folder: &Path) -> bool {
    let at = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    match (at(NAME), at("report.json")) {
        (Some(point), Some(report)) => point >= report,
        _ => false,
    }
}

/// Builds the point from the report itself: slower, but always possible.
pub(super) fn point_from_report(folder: &Path) -> Option<TrendPoint> {
    read_report(folder).map(TrendPoint::from_document)
}
