//! Labels in files: located even if none has arrived yet, and read piece by piece.

use std::{fs, io, path::Path, sync::Arc, time::UNIX_EPOCH};

use xxhash_rust::xxh3::Xxh3;

use super::scan::{LabelScan, for_each_label, missing_field};
use crate::{
    fault::{Fault, Remedy, Result, describe_io},
    source::{
        file::{FileFormat, LogFile},
        log::{FoundFiles, Plan, find, no_readable_file, readable_files},
        mapping::{Mapping, ReadSummary},
    },
};

const REMEDY: &str = "set it to the file, folder or glob where labels arrive, or remove `labels`";

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Returns whether the folder exists in which the files of `path` would appear.
#[must_use]
pub fn parent_exists(path: &Path) -> bool {
    // For `labels/dt=*/y.csv`, the folder before the first `*`.
    let folder = if is_glob(path) { path.ancestors().find(|part| !is_glob(part)) } else { path.parent() };
    folder.is_some_and(Path::is_dir)
}

/// Finds the label files. The inner `Err` is the place where none has arrived yet, although it could.
pub(super) fn find_labels(path: &Path) -> Result<Result<Vec<Arc<LogFile>>, String>> {
    let shown = path.display();
    let wrong = |why: &str| Fault::setup(format!("labels.path: {shown}: {why}; {REMEDY}"));
    let text = path.to_string_lossy();
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(&describe_io(&error))),
        Err(_) if is_glob(path) => {
            glob::Pattern::new(&text).map_err(|error| wrong(&format!("not a valid glob: {}", error.msg)))?;
            if !parent_exists(path) {
                return Err(wrong("the folder for the labels does not exist"));
            }
            return match find("labels.path", "the labels", path) {
                Ok((root, paths)) => check_readable(path, readable_files(&root, paths)),
                Err(fault) if fault.remedy() == Remedy::Retry => Err(fault),
                Err(_) => Ok(Err(shown.to_string())),
            };
        }
        Err(_) if parent_exists(path) => return Ok(Err(shown.to_string())),
        Err(_) => return Err(wrong("neither the path nor its parent folder exists")),
    }
    let (root, paths) = find("labels.path", "the labels", path)?;
    check_readable(path, readable_files(&root, paths))
}

fn check_readable(path: &Path, found: FoundFiles) -> Result<Result<Vec<Arc<LogFile>>, String>> {
    match (found.files.is_empty(), found.skipped.len()) {
        (false, _) => Ok(Ok(found.files)),
        (true, 0) => Ok(Err(path.display().to_string())),
        (true, others) => Err(no_readable_file("labels.path", path, others)),
    }
}

/// Reads the files one after the other; an unreadable one does not stop the others.
pub(super) fn read(
    files: &[Arc<LogFile>],
    mapping: &Mapping,
    each: &mut dyn FnMut(Option<&str>, Option<&str>),
) -> LabelScan {
    let mut scan = LabelScan::default();
    for file in files {
        let plan = Plan::from_files(mapping.clone(), std::slice::from_ref(file));
        let mut found = ReadSummary::default();
        scan.unreadable.extend(plan.unreadable.iter().map(|file| format!("labels.path: {file}")));
        for piece in &plan.pieces {
            let read = plan.read(piece, &mut |records| scan.malformed += for_each_label(&records, each));
            found.merge(read.found);
            scan.unreadable.extend(read.unreadable.map(|file| format!("labels.path: {file}")));
        }
        scan.unreadable.extend(missing_field(
            &file.path.display().to_string(),
            file.format != FileFormat::Ndjson,
            mapping,
            &found,
        ));
    }
    scan
}

/// Hash of the files' names, sizes and modification times.
pub(super) fn fingerprint(files: &[Arc<LogFile>]) -> String {
    let mut hasher = Xxh3::new();
    for file in files {
        hasher.update(file.path.as_os_str().as_encoded_bytes());
        let Ok(metadata) = fs::metadata(&file.path) else { continue };
        let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        hasher.update(&metadata.len().to_le_bytes());
        hasher.update(&modified.map_or(0, |at| at.as_nanos()).to_le_bytes());
    }
    format!("{} files, {:032x}", files.len(), hasher.digest128())
}
