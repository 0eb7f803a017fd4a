//! Temporary files of reports. A writer holds a lock on its file, so one without a lock is left over from a crash, and is
//! removed.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use tempfile::NamedTempFile;
use vigie_profile::window::{Instant, Window};

const PREFIX: &str = ".report-";
/// On a file system without locks, only age tells.
const OLD: i64 = 24 * 3_600;

/// Creates a temporary file with this content, synced and locked. It is deleted on drop unless persisted.
pub(super) fn write_locked(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    loop {
        let mut builder = tempfile::Builder::new();
        // Other users read the reports as well; the umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o644));
        let mut file = builder.prefix(PREFIX).tempfile_in(folder)?;
        let is_locked = file.as_file().try_lock().is_ok();
        if is_locked && file.as_file().metadata()?.nlink() == 0 {
            // Taken for a leftover before it was locked.
            continue;
        }
        file.write_all(content)?;
        file.as_file().sync_all()?;
        return Ok(file);
    }
}

/// Removes the temporary files that no writer holds, in a folder.
pub(super) fn remove_from(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_temporary = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_temporary && entry.file_type().is_ok_and(|kind| kind.is_file()) && is_left(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_left(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    match file.try_lock_shared() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            file.metadata().is_ok_and(|found| Instant::now().0 / 1_000_000 - found.mtime() > OLD)
        }
    }
}

/// Removes what crashes have left over in the reports folder, of every model.
pub fn remove_leftovers(reports: &Path) {
    remove_from(reports);
    for model in folders(reports) {
        for folder in folders(&model) {
            let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if Window::from_folder(name).is_some() {
                remove_from(&folder);
            } else if name == "replay" {
                folders(&folder).iter().for_each(|folder| remove_from(folder));
            }
        }
    }
}

/// The folders in a folder, without links.
fn folders(path: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries.flatten().filter(is_folder).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_without_a_writer_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("m/20261001T000000Z_20261002T000000Z");
        fs::create_dir_all(&folder).unwrap();
        let written = write_locked(&folder, b"x").unwrap();
        for left in [root.path().join(".report-1"), folder.join(".report-2"), folder.join("report.json")] {
            fs::write(left, "").unwrap();
        }
        remove_leftovers(root.path());
        assert!(!root.path().join(".report-1").exists() && !folder.join(".report-2").exists());
        assert!(written.path().exists() && folder.join("report.json").exists());
    }
}
