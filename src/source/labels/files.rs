//! Labels in files: found where they may not have come yet, read piece by piece.

use std::{fs, io, path::Path, sync::Arc, time::UNIX_EPOCH};

use xxhash_rust::xxh3::Xxh3;

use super::log::{Heard, hand, lacking};
use crate::{
    fault::{Fault, Result, spoken},
    source::{
        file::{ENDINGS, Format, LogFile},
        log::{Plan, files_of, find},
        mapping::{Found, Mapping},
    },
};

const REMEDY: &str = "set it to where labels come (a file, a folder or a glob), or remove `labels`";

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Whether the folder is there that the files of a place would come into.
#[must_use]
pub fn may_come(path: &Path) -> bool {
    // Of `labels/dt=*/y.csv`, the folder before the first `*`.
    let folder = if is_glob(path) { path.ancestors().find(|part| !is_glob(part)) } else { path.parent() };
    folder.is_some_and(Path::is_dir)
}

/// The files; `Err`: none has come to this place yet, though it could.
pub(super) fn find_labels(path: &Path) -> Result<Result<Vec<Arc<LogFile>>, String>> {
    let shown = path.display();
    let wrong = |why: &str| Fault::setup(format!("labels.path: {shown}: {why}; {REMEDY}"));
    let text = path.to_string_lossy();
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(&spoken(&error))),
        Err(_) if is_glob(path) => {
            glob::Pattern::new(&text).map_err(|error| wrong(&format!("not a glob: {}", error.msg)))?;
            if !may_come(path) {
                return Err(wrong("the folder that labels should come into is not there"));
            }
            return match find("labels.path", "of labels", path) {
                Ok((root, paths)) => readable(path, files_of(&root, paths)),
                Err(fault) if fault.remedy() == crate::fault::Remedy::Retry => Err(fault),
                Err(_) => Ok(Err(shown.to_string())),
            };
        }
        Err(_) if may_come(path) => return Ok(Err(shown.to_string())),
        Err(_) => return Err(wrong("neither it nor the folder that it should come into is there")),
    }
    let (root, paths) = find("labels.path", "of labels", path)?;
    readable(path, files_of(&root, paths))
}

type Files = (Vec<Arc<LogFile>>, Vec<std::path::PathBuf>);

fn readable(path: &Path, (files, passed_over): Files) -> Result<Result<Vec<Arc<LogFile>>, String>> {
    match (files.is_empty(), passed_over.len()) {
        (false, _) => Ok(Ok(files)),
        (true, 0) => Ok(Err(path.display().to_string())),
        (true, others) => Err(Fault::setup(format!(
            "labels.path: {} holds no file that can be read ({ENDINGS}); {others} other files are there",
            path.display()
        ))),
    }
}

/// One file after the other; one that cannot be read does not keep anybody from reading the next.
pub(super) fn read(
    files: &[Arc<LogFile>],
    mapping: &Mapping,
    each: &mut dyn FnMut(Option<&str>, Option<&str>),
) -> Heard {
    let mut heard = Heard::default();
    for file in files {
        let plan = Plan::of_files(mapping.clone(), std::slice::from_ref(file));
        let mut found = Found::default();
        heard.unreadable.extend(plan.unreadable.iter().map(|file| format!("labels.path: {file}")));
        for piece in &plan.pieces {
            let reading = plan.read(piece, &mut |records| heard.malformed += hand(&records, each));
            found.merge(reading.found);
            heard.unreadable.extend(reading.unreadable.map(|file| format!("labels.path: {file}")));
        }
        heard.unreadable.extend(lacking(
            &file.path.display().to_string(),
            file.format != Format::Ndjson,
            mapping,
            &found,
        ));
    }
    heard
}

/// Names, sizes and times of the files, hashed.
pub(super) fn mark(files: &[Arc<LogFile>]) -> String {
    let mut hasher = Xxh3::new();
    for file in files {
        hasher.update(file.path.as_os_str().as_encoded_bytes());
        let Ok(about) = fs::metadata(&file.path) else { continue };
        let changed = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        hasher.update(&about.len().to_le_bytes());
        hasher.update(&changed.map_or(0, |at| at.as_nanos()).to_le_bytes());
    }
    format!("{} files, {:032x}", files.len(), hasher.digest128())
}
