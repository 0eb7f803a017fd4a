//! The state folder and the files in it: only the user running vigie may read them, whatever the umask, and a link is never
//! followed. Messages wait there with what the reports do not show.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Creates the folder if needed. Closes one of an earlier version to others, unless it holds more than vigie's state.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    let create = || DirBuilder::new().mode(FOLDER_MODE).create(folder);
    match create() {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if holds_only_state(folder) {
                // Another user's folder stays as it is.
                let _ = close(folder, FOLDER_MODE);
            }
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            folder.parent().map_or(Ok(()), fs::create_dir_all)?;
            create().or_else(|error| if folder.is_dir() { Ok(()) } else { Err(error) })
        }
        Err(error) => Err(error),
    }
}

fn holds_only_state(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.all(|entry| {
        let path = entry.map(|entry| entry.path()).unwrap_or_default();
        let is_ledger = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ledger.sqlite"));
        is_ledger || path.extension().is_some_and(|extension| extension == "lock")
    })
}

/// Opens a file for writing, creating it if needed. Fails if it is a link.
pub fn open_private(path: &Path) -> io::Result<File> {
    if exists(path)? {
        let file = File::options().write(true).open(path)?;
        let _ = close(path, FILE_MODE);
        return Ok(file);
    }
    match File::options().create_new(true).write(true).mode(FILE_MODE).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => File::options().write(true).open(path),
        opened => opened,
    }
}

/// Creates an empty database file if there is none, and closes an existing one to others. Fails if it is a link.
///
/// Never opens the file itself: closing it again would release the locks that `SQLite` holds on it in this process.
pub(super) fn create_database(path: &Path) -> io::Result<()> {
    for ending in ["-wal", "-shm", "-journal"] {
        let sibling = Path::new(&format!("{}{ending}", path.display())).to_owned();
        if exists(&sibling)? {
            let _ = close(&sibling, FILE_MODE);
        }
    }
    if exists(path)? {
        let _ = close(path, FILE_MODE);
        return Ok(());
    }
    // Under another name first, so that it is closed before anyone can open it.
    let new = Path::new(&format!("{}.new-{}", path.display(), std::process::id())).to_owned();
    let _ = fs::remove_file(&new);
    drop(File::options().create_new(true).write(true).mode(FILE_MODE).open(&new)?);
    let linked = fs::hard_link(&new, path);
    let _ = fs::remove_file(&new);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Some file systems do not support hard links.
        Err(_) => File::options().create_new(true).write(true).mode(FILE_MODE).open(path).map(|_| ()),
        Ok(()) => Ok(()),
    }
}

/// Returns whether there is a file. Fails if it is a link.
fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            let name = path.file_name().unwrap_or_default().display();
            Err(io::Error::other(format!("{name} is a symbolic link, which vigie does not follow; remove it")))
        }
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes the rights of others.
fn close(path: &Path, mode: u32) -> io::Result<()> {
    let now = fs::metadata(path)?.permissions().mode();
    let is_open = now & 0o077 != 0;
    if is_open { fs::set_permissions(path, Permissions::from_mode(mode)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_and_files_are_closed_to_others() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/state");
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let (database, lock) = (folder.join("ledger.sqlite"), folder.join("daemon.lock"));
        create_database(&database).unwrap();
        open_private(&lock).unwrap();
        assert_eq!((mode(&database), mode(&lock)), (0o600, 0o600));
        // As an earlier version left them.
        for path in [&folder, &database, &lock] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        create_folder(&folder).unwrap();
        create_database(&database).unwrap();
        open_private(&lock).unwrap();
        assert_eq!((mode(&folder), mode(&database), mode(&lock)), (0o700, 0o600, 0o600));
        // A folder with other files is someone's choice.
        fs::write(folder.join("notes.txt"), "").unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o755);
    }

    #[test]
    fn links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let victim = root.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        for name in ["ledger.sqlite", "daemon.lock"] {
            std::os::unix::fs::symlink(&victim, root.path().join(name)).unwrap();
        }
        assert!(create_database(&root.path().join("ledger.sqlite")).is_err());
        assert!(open_private(&root.path().join("daemon.lock")).is_err());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    }
}
