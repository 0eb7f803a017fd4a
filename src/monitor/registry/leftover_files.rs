//! Removes kept files that nothing names any more, and parts that a killed process left behind.

use std::{fs, path::Path, time::Duration};

use tracing::debug;

/// Files that changed within this time may belong to a process that has not noted them yet.
const IN_USE: Duration = Duration::from_hours(1);

/// Removes files of the folder that are older than an hour, and that are neither `named` nor of another kind. What cannot be
/// removed stays.
pub(super) fn remove_leftover_files(folder: &Path, named: &[&str]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_leftover = is_part(name) || (is_hash(name) && !named.contains(&name));
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_leftover && age.is_some_and(|age| age > IN_USE) {
            let removed = fs::remove_file(entry.path());
            debug!(file = name, is_removed = removed.is_ok(), "a file of the registry that nothing names any more");
        }
    }
}

fn is_part(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "part")
        && [".mlflow-", ".book-"].iter().any(|prefix| name.starts_with(prefix))
}

fn is_hash(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
