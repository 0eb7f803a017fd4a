//! `reports/index.html`: every report that is there, model by model.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::{
    publish::{cannot, written},
    trend::{head, windows},
};
use crate::{
    fault::{Fault, Result},
    report::{Index, Language, Listed, OpenAlert, to_index},
};

/// The committed example is not a run of this machine.
const EXAMPLE: &str = "example";

/// Everything the index shows of a folder of reports; `alerts` are the ledger's.
#[must_use]
pub fn index(reports: &Path, language: Language, alerts: Option<Vec<OpenAlert>>) -> Index {
    let (mut runs, mut replays) = (Vec::new(), Vec::new());
    for model in models(reports) {
        let folder = reports.join(&model);
        for (window, place) in windows(&folder) {
            if let Some(head) = head(&place) {
                runs.push(Listed { link: link(&[&model, &window.folder(), "report.html"]), head });
            }
        }
        for name in folders(&folder.join("replay")) {
            if folder.join("replay").join(&name).join("summary.html").is_file() {
                replays.push((model.clone(), name.clone(), link(&[&model, "replay", &name, "summary.html"])));
            }
        }
    }
    replays.sort();
    Index { language, alerts, runs, replays }
}

/// Writes the index anew from the reports in the folder.
pub fn write_index(reports: &Path, language: Language, alerts: Option<Vec<OpenAlert>>) -> Result<PathBuf> {
    let html = to_index(&index(reports, language, alerts))
        .map_err(|error| Fault::setup(format!("the index cannot be made: {error}")))?;
    fs::create_dir_all(reports).map_err(|error| cannot("make the folder", reports, &error))?;
    let place = reports.join("index.html");
    written(reports, &html)?.persist(&place).map_err(|error| cannot("write", &place, &error.error))?;
    Ok(place)
}

/// Names of the models that have a folder, in order.
#[must_use]
pub fn models(reports: &Path) -> Vec<String> {
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

/// A relative address: what is not plain in a name is written as `%XX`.
fn link(pieces: &[&str]) -> String {
    let encoded = |piece: &&str| {
        piece.bytes().fold(String::new(), |mut text, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
                _ => {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
            text
        })
    };
    pieces.iter().map(encoded).collect::<Vec<_>>().join("/")
}
