//! Finds the files at a place of the config.

use std::path::{Path, PathBuf};

use super::{access::StoredFile, local};
use crate::fault::{Fault, Result};

/// The files found at a place, without duplicates, and the root folder of their partitions.
#[derive(Debug)]
pub(in crate::source) struct FoundFiles {
    pub root: PathBuf,
    pub files: Vec<StoredFile>,
}

/// The stores. A path in the config determines its store.
#[derive(Debug, Clone, Copy)]
enum Store {
    /// Files and folders of this host.
    Local,
}

impl Store {
    fn of(_path: &Path) -> Self {
        Self::Local
    }
}

/// Finds all files at a path: a file, a folder or a glob. Finding none is a fault. `key` and `what` are for messages.
pub(in crate::source) fn find(key: &str, what: &str, path: &Path) -> Result<FoundFiles> {
    match Store::of(path) {
        Store::Local => {
            let (root, paths) = local::find(key, what, path)?;
            Ok(FoundFiles { root, files: paths.into_iter().map(StoredFile::Local).collect() })
        }
    }
}

/// Like [`find`], but files that have yet to arrive are not a fault: the inner `Err` is the place where none has arrived.
pub(in crate::source) fn find_awaited(
    key: &str,
    what: &str,
    remedy: &str,
    path: &Path,
) -> Result<Result<FoundFiles, String>> {
    match Store::of(path) {
        Store::Local => match local::arrival(path) {
            local::Arrival::Present => find(key, what, path).map(Ok),
            local::Arrival::Possible => match find(key, what, path) {
                Err(fault) if fault.remedy() == crate::fault::Remedy::Retry => Err(fault),
                Err(_) => Ok(Err(path.display().to_string())),
                found => found.map(Ok),
            },
            local::Arrival::Impossible(why) => Err(Fault::setup(format!("{key}: {}: {why}; {remedy}", path.display()))),
        },
    }
}

/// Why nothing can be read at a path, if so. With `is_awaited`, files may still have to arrive.
pub(in crate::source) fn problem(path: &Path, is_awaited: bool) -> Option<String> {
    match Store::of(path) {
        Store::Local if is_awaited && local::is_awaited(path) => None,
        Store::Local => local::problem(path),
    }
}
