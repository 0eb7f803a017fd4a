//! Files and folders of this host.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Seek, SeekFrom},
    path::{Component, Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::stamp::FileStamp;
use crate::fault::{Fault, Result, describe_io};

/// Whether files are at a path, or could still arrive there.
pub(super) enum Arrival {
    Present,
    Possible,
    Impossible(String),
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// Returns the root folder of the partitions and all files at `path`.
pub(super) fn find(key: &str, what: &str, path: &Path) -> Result<(PathBuf, Vec<PathBuf>)> {
    let not_found = |why: String| {
        Fault::setup(format!("{key}: {}: {why}; set it to the file, folder or glob that holds {what}", path.display()))
    };
    let list = |folder: &Path| {
        let mut paths = Vec::new();
        walk(folder, &mut HashSet::new(), &mut paths).map(|()| paths).map_err(|(place, error)| {
            Fault::retry(format!("{key}: {} cannot be listed: {}", place.display(), describe_read_error(&error)))
        })
    };
    if path.is_file() {
        let root = path.parent().map(Path::to_owned).unwrap_or_default();
        return Ok((root, vec![path.to_owned()]));
    }
    if path.is_dir() {
        return Ok((path.to_owned(), list(path)?));
    }
    if !is_glob(path) {
        return Err(not_found("no such file or directory".to_owned()));
    }
    let text = path.to_string_lossy();
    let pattern = glob::Pattern::new(&text).map_err(|error| not_found(format!("not a valid glob: {}", error.msg)))?;
    // Walk from the last folder before the first `*` instead of expanding the glob, which would follow cyclic links.
    let is_plain = |part: &Component<'_>| !is_glob(part.as_ref());
    let base: PathBuf = path.components().take_while(is_plain).collect();
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    let below = if base.is_dir() { list(&base)? } else { Vec::new() };
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    // A matching folder includes everything in it.
    let matches = |file: &PathBuf| {
        let file = file.strip_prefix("./").unwrap_or(file);
        file.ancestors().any(|part| pattern.matches_path_with(part, options))
    };
    let paths: Vec<PathBuf> = below.into_iter().filter(matches).collect();
    if paths.is_empty() {
        return Err(not_found("no file matches".to_owned()));
    }
    Ok((PathBuf::new(), paths))
}

/// Collects all files below a folder, except hidden ones and those that writers set aside (`_SUCCESS`, `_temporary/`).
///
/// `walked` holds the folders visited so far, so that cyclic links end the walk.
fn walk(folder: &Path, walked: &mut HashSet<PathBuf>, paths: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    if !walked.insert(fs::canonicalize(folder).map_err(|error| (folder.to_owned(), error))?) {
        return Ok(());
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries: Vec<PathBuf> =
        entries.map_err(|error| (folder.to_owned(), error))?.iter().map(fs::DirEntry::path).collect();
    // Walk real folders before the links to them.
    entries.sort_by_cached_key(|path| (path.is_symlink(), path.clone()));
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            walk(&path, walked, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// Returns whether the folder exists in which the files of `path` would appear.
fn parent_exists(path: &Path) -> bool {
    // For `labels/dt=*/y.csv`, the folder before the first `*`.
    let folder = if is_glob(path) { path.ancestors().find(|part| !is_glob(part)) } else { path.parent() };
    folder.is_some_and(Path::is_dir)
}

/// Returns whether nothing is at a path yet, but could be.
pub(super) fn is_awaited(path: &Path) -> bool {
    !path.exists() && parent_exists(path)
}

/// Whether files are at a path, or could still arrive there.
pub(super) fn arrival(path: &Path) -> Arrival {
    match fs::metadata(path) {
        Ok(_) => Arrival::Present,
        Err(error) if error.kind() != io::ErrorKind::NotFound => Arrival::Impossible(describe_io(&error)),
        Err(_) if is_glob(path) => match glob::Pattern::new(&path.to_string_lossy()) {
            Err(error) => Arrival::Impossible(format!("not a valid glob: {}", error.msg)),
            Ok(_) if parent_exists(path) => Arrival::Possible,
            Ok(_) => Arrival::Impossible("the folder for the labels does not exist".to_owned()),
        },
        Err(_) if parent_exists(path) => Arrival::Possible,
        Err(_) => Arrival::Impossible("neither the path nor its parent folder exists".to_owned()),
    }
}

/// Why nothing can be read at a path, if so: a file, a folder, or a glob with at least one match.
pub(super) fn problem(path: &Path) -> Option<String> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Some(describe_io(&fs::read_dir(path).err()?)),
        Ok(_) => Some(describe_io(&File::open(path).err()?)),
        Err(_) if is_glob(path) => match glob::glob(&path.to_string_lossy()) {
            Ok(mut found) => (!found.any(|file| file.is_ok())).then(|| "no file matches".to_owned()),
            Err(error) => Some(format!("invalid glob: {}", error.msg)),
        },
        Err(error) => Some(describe_io(&error)),
    }
}

/// Links and overlapping globs lead to one file.
pub(super) fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

pub(super) fn size(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.len())
}

/// Size and modification time.
pub(super) fn stamp(path: &Path) -> Option<FileStamp> {
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    Some(FileStamp { size: metadata.len(), changed: modified.map_or(0, |at| at.as_nanos()) })
}

/// Opens a file at an offset.
pub(super) fn open(path: &Path, from: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    if from > 0 {
        file.seek(SeekFrom::Start(from))?;
    }
    Ok(file)
}

/// Describes why a file or folder that was found could not be read.
pub(in crate::source) fn describe_read_error(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is gone (rotated while being read?)".to_owned(),
        io::ErrorKind::UnexpectedEof => "it ends unexpectedly (still being written, or truncated)".to_owned(),
        _ => describe_io(error),
    }
}
