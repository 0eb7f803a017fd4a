//! `reports/index.html`: every report that is there, newest window first.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::publish::{cannot, written};
use crate::{
    crash,
    fault::Outcome,
    report::{IndexEntry, to_index},
};

#[derive(Deserialize)]
struct Document {
    run: Run,
    window: Window,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Run {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    name: String,
}

#[derive(Deserialize)]
struct Window {
    from: String,
    to: String,
    rows_used: u64,
}

#[derive(Deserialize)]
struct Verdict {
    severity: String,
    sentence: String,
}

/// The committed example is not a run of this machine.
const EXAMPLE: &str = "example";

/// Writes the index anew from the reports in the folder.
pub fn write_index(reports: &Path) -> Outcome<PathBuf> {
    let mut entries: Vec<IndexEntry> = folders(reports)
        .into_iter()
        .filter(|model| model.file_name().is_some_and(|name| name != EXAMPLE))
        .flat_map(|model| folders(&model))
        .filter_map(|folder| entry(reports, &folder))
        .collect();
    entries.sort_by(|a, b| b.from.cmp(&a.from).then_with(|| b.to.cmp(&a.to)).then_with(|| a.model.cmp(&b.model)));
    let html = to_index(entries).unwrap_or_default();
    let place = reports.join("index.html");
    fs::create_dir_all(reports).map_err(|error| cannot("make the folder", reports, &error))?;
    crash::point("index.rendered");
    written(reports, &html)?.persist(&place).map_err(|error| cannot("write", &place, &error.error))?;
    Ok(place)
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// `None`: no report, or none that can be read; the folder speaks for itself.
fn entry(reports: &Path, folder: &Path) -> Option<IndexEntry> {
    let document: Document = serde_json::from_str(&fs::read_to_string(folder.join("report.json")).ok()?).ok()?;
    let link = folder.strip_prefix(reports).ok()?.join("report.html").to_str()?.to_owned();
    Some(IndexEntry {
        link,
        model: document.run.model.name,
        from: document.window.from,
        to: document.window.to,
        rows: document.window.rows_used,
        severity: document.verdict.severity,
        sentence: document.verdict.sentence,
    })
}
