//! The folder in which files of the registry are kept, each under its SHA-256.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::fault::{Fault, Result, describe_io};

/// The file of this name, if it is there and undamaged.
pub(super) fn intact_file(folder: &Path, sha256: &str) -> Option<PathBuf> {
    let file = folder.join(sha256);
    // The name is the hash, so that damage does not go unnoticed.
    hash_file(&file).is_ok_and(|hash| hash == sha256).then_some(file)
}

/// Creates the folder, which only this user may read.
pub(super) fn create_folder(folder: &Path) -> Result<()> {
    make_folder(folder).map_err(|error| cannot_keep(folder, &error))
}

/// Creates the folder, which only this user may read. Returns the operating system's error.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A model is a trade secret.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// SHA-256 of a file, in hexadecimal.
pub(super) fn hash_file(file: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The fault of a folder that cannot be written.
pub(super) fn cannot_keep(folder: &Path, error: &io::Error) -> Fault {
    Fault::setup(format!(
        "{}: models of the registry cannot be kept here: {}; choose a folder that this user may write",
        folder.display(),
        describe_io(error)
    ))
}
