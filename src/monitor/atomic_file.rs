//! Writes a file completely or not at all.

use std::{
    fs,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::fault::{Fault, Result, describe_io};

/// The file named by `--out`. It has a temporary name until it is complete.
pub(crate) struct AtomicFile {
    file: NamedTempFile,
    out: PathBuf,
}

impl AtomicFile {
    pub(super) fn create(out: &Path) -> Result<Self> {
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).map_err(|error| fault(out, &error))?;
        Ok(Self { file, out: out.to_owned() })
    }

    /// Fails if the output would replace one of the files that it is made from.
    pub(super) fn is_no_input<'p>(
        out: &Path,
        inputs: impl IntoIterator<Item = (&'static str, &'p Path)>,
    ) -> Result<()> {
        let Ok(out) = fs::canonicalize(out) else { return Ok(()) };
        let same = |(_, input): &(&'static str, &Path)| fs::canonicalize(input).is_ok_and(|input| input == out);
        match inputs.into_iter().find(same) {
            None => Ok(()),
            Some((flag, _)) => Err(Fault::setup(format!(
                "--out {}: is the file of {flag}, which would be lost; choose another name",
                out.display()
            ))),
        }
    }

    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| fault(&self.out, &error))
    }

    /// Overwrites the beginning of the file.
    pub(super) fn write_first(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.seek(SeekFrom::Start(0)).map_err(|error| fault(&self.out, &error))?;
        self.write(bytes)
    }

    /// Waits until the written data is on disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.as_file().sync_data().map_err(|error| fault(&self.out, &error))
    }

    /// Renames the file to its final name.
    pub(super) fn finish(self) -> Result<()> {
        let Self { file, out } = self;
        let fault = |error: &io::Error| fault(&out, error);
        file.as_file().sync_all().map_err(|error| fault(&error))?;
        let path = file.into_temp_path();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Temporary files are private; the output is for others to read.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).map_err(|error| fault(&error))?;
        }
        path.persist(&out).map_err(|error| fault(&error.error))
    }
}

fn fault(out: &Path, error: &io::Error) -> Fault {
    Fault::setup(format!("--out {}: {}; choose an existing folder that is writable", out.display(), describe_io(error)))
}
