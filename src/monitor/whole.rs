//! A file that is written whole or not at all.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use crate::{
    archive::spoken,
    fault::{Fault, Outcome},
};

/// Writes what `--out` names: pieces that follow each other.
pub(super) fn write_whole(out: &Path, pieces: &[impl AsRef<[u8]>]) -> Outcome<()> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fault = |error: &io::Error| {
        Fault::setup(format!(
            "--out {}: {}; choose a folder that is there and can be written",
            out.display(),
            spoken(error)
        ))
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| fault(&error))?;
    for piece in pieces {
        file.write_all(piece.as_ref()).map_err(|error| fault(&error))?;
    }
    file.as_file().sync_all().map_err(|error| fault(&error))?;
    let path = file.into_temp_path();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What is made for others is for others to read.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(|error| fault(&error))?;
    }
    path.persist(out).map_err(|error| fault(&error.error))
}
