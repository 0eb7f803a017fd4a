//! `reports/index.html`: the list of all reports by model.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::{
    publish::{is_unfinished, write_fault, write_temporary},
    read::window_folders,
    trend::read_head,
};
use crate::{
    fault::{Fault, Result},
    report::{Language, ListedReport, OpenAlert, ReportIndex, to_index},
};

/// The committed example, which is not a run of this installation.
const EXAMPLE: &str = "example";

/// Reads the content of the index from the reports folder; `alerts` come from the ledger.
#[must_use]
pub fn read_index(reports: &Path, language: Language, alerts: Option<Vec<OpenAlert>>) -> ReportIndex {
    let (mut runs, mut replays) = (Vec::new(), Vec::new());
    for model in model_names(reports) {
        let folder = reports.join(&model);
        for (window, path) in window_folders(&folder) {
            if let Some(head) = read_head(&path).filter(|_| has_both_files(&path)) {
                runs.push(ListedReport { link: link(&[&model, &window.folder(), "report.html"]), head });
            }
        }
        for name in folders(&folder.join("replay")) {
            let has = |page: &&str| folder.join("replay").join(&name).join(page).is_file();
            // A window compared with another one has a report of its own.
            if let Some(page) = ["summary.html", "report.html"].iter().find(|page| has(page)) {
                replays.push((model.clone(), name.clone(), link(&[&model, "replay", &name, page])));
            }
        }
    }
    replays.sort();
    ReportIndex { language, alerts, runs, replays }
}

/// Returns whether a folder has the page and the JSON of one report.
fn has_both_files(folder: &Path) -> bool {
    folder.join("report.html").is_file() && !is_unfinished(folder)
}

/// Rewrites the index from the reports in the folder.
pub fn write_index(reports: &Path, language: Language, alerts: Option<Vec<OpenAlert>>) -> Result<PathBuf> {
    let html = to_index(&read_index(reports, language, alerts))
        .map_err(|error| Fault::setup(format!("cannot render the list of reports: {error}")))?;
    fs::create_dir_all(reports).map_err(|error| write_fault("create the folder", reports, &error))?;
    let path = reports.join("index.html");
    write_temporary(reports, &html)?.persist(&path).map_err(|error| write_fault("write", &path, &error.error))?;
    Ok(path)
}

/// Returns the sorted names of the models that have a folder.
#[must_use]
pub fn model_names(reports: &Path) -> Vec<String> {
    let mut names = folders(reports);
    names.retain(|name| name != EXAMPLE && !name.starts_with('.'));
    names
}

fn folders(path: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let is_folder = |entry: &fs::DirEntry| entry.path().is_dir();
    let mut names: Vec<String> =
        entries.flatten().filter(is_folder).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Builds a relative link, percent-encoding everything except unreserved characters.
fn link(segments: &[&str]) -> String {
    let encode = |segment: &&str| {
        segment.bytes().fold(String::new(), |mut text, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
                _ => {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
            text
        })
    };
    segments.iter().map(encode).collect::<Vec<_>>().join("/")
}
