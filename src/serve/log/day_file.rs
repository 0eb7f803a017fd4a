//! The file that records are appended to: one a day and for each size limit, written by one process.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use tracing::warn;

/// Files of one writer in a folder.
#[derive(Debug)]
pub(super) struct DayFiles {
    folder: PathBuf,
    instance: String,
    /// Size from which on the next file is begun, in bytes.
    max_bytes: u64,
    is_synced: bool,
    /// Number of files begun.
    count: u64,
    current: Option<DayFile>,
}

#[derive(Debug)]
struct DayFile {
    file: File,
    path: PathBuf,
    /// Device and number of the file, which differ from those of another file at its path.
    identity: (u64, u64),
    day: String,
    /// Length of the records that were written whole.
    length: u64,
}

impl DayFiles {
    /// `instance`: unique among writers of the folder; it begins the names of files.
    pub(super) fn new(folder: &Path, instance: &str, max_bytes: u64, is_synced: bool) -> Self {
        Self { folder: folder.to_owned(), instance: instance.to_owned(), max_bytes, is_synced, count: 0, current: None }
    }

    /// Appends whole lines to the file of a day (`2026-10-14`); all of them, or none.
    pub(super) fn append(&mut self, day: &str, lines: &[u8]) -> io::Result<()> {
        // What is written to a file that was removed, or whose folder was, nobody will read.
        if let Some(lost) = self.current.take_if(|file| !file.is_in_place()) {
            warn!("serve.log.dir: {} was removed or moved; another file is begun", lost.path.display());
        }
        if self.current.as_ref().is_none_or(|file| file.day != day || file.length >= self.max_bytes) {
            self.current = None;
            self.current = Some(self.begin(day)?);
        }
        let Some(current) = &mut self.current else { return Err(io::Error::other("no file is open")) };
        let written = current.file.write_all(lines).and_then(|()| {
            crate::crash::point("serve.written");
            if self.is_synced { current.file.sync_data() } else { Ok(()) }
        });
        match written {
            Ok(()) => {
                current.length += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Half a record would be a line that is not one. If it stays, nothing is appended to it.
                if current.file.set_len(current.length).is_err() || self.is_synced {
                    self.current = None;
                }
                Err(error)
            }
        }
    }

    fn begin(&mut self, day: &str) -> io::Result<DayFile> {
        let folder = self.folder.join(format!("day={day}"));
        self.create_folder(&self.folder)?;
        fs::create_dir_all(&folder)?;
        self.count += 1;
        let path = folder.join(format!("{}-{}.ndjson", self.instance, self.count));
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        if self.is_synced {
            File::open(&folder)?.sync_all()?;
            File::open(&self.folder)?.sync_all()?;
        }
        let found = file.metadata()?;
        Ok(DayFile { file, path, identity: (found.dev(), found.ino()), day: day.to_owned(), length: 0 })
    }

    /// Appends nothing more to the current file, of which it is not known how it ends.
    pub(super) fn abandon(&mut self) {
        self.current = None;
    }

    /// Creates a folder and those above it. If records are synced, the entries of these folders are, too.
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let created: Vec<&Path> = folder.ancestors().take_while(|above| !above.exists()).collect();
        fs::create_dir_all(folder)?;
        for above in created.iter().filter(|_| self.is_synced).filter_map(|folder| folder.parent()) {
            let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            File::open(above)?.sync_all()?;
        }
        Ok(())
    }

    /// Whether the folder can be written to: writes a hidden file and removes it.
    pub(super) fn probe(&self) -> io::Result<()> {
        self.create_folder(&self.folder)?;
        let path = self.folder.join(format!(".{}.probe", self.instance));
        let written = fs::write(&path, [b' '; 8_192]);
        let _ = fs::remove_file(&path);
        written
    }
}

impl DayFile {
    fn is_in_place(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = Vec::new();
        for day in fs::read_dir(folder).unwrap() {
            for file in fs::read_dir(day.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
        files.sort();
        files
    }

    #[test]
    fn a_file_ends_with_its_day_and_at_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = DayFiles::new(folder.path(), "a", 4, false);
        for (day, lines) in [("2026-10-01", "1\n"), ("2026-10-01", "2\n"), ("2026-10-01", "3\n"), ("2026-10-02", "4\n")]
        {
            log.append(day, lines.as_bytes()).unwrap();
        }
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            files(folder.path()),
            [
                file("day=2026-10-01/a-1.ndjson", "1\n2\n"),
                file("day=2026-10-01/a-2.ndjson", "3\n"),
                file("day=2026-10-02/a-3.ndjson", "4\n"),
            ]
        );
    }

    #[test]
    fn no_file_of_another_writer_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        DayFiles::new(folder.path(), "a", 100, true).append("2026-10-01", b"1\n").unwrap();
        let mut second = DayFiles::new(folder.path(), "a", 100, true);
        assert_eq!(second.append("2026-10-01", b"2\n").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        second.append("2026-10-01", b"2\n").unwrap();
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[test]
    fn nothing_is_written_to_a_file_that_is_not_there_anymore() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("log");
        let mut log = DayFiles::new(&logs, "a", 100, false);
        let file = logs.join("day=2026-10-01/a-1.ndjson");
        let losses: [&dyn Fn(); 4] = [
            &|| fs::remove_file(&file).unwrap(),
            &|| fs::remove_dir_all(&logs).unwrap(),
            &|| fs::rename(&logs, folder.path().join("moved")).unwrap(),
            &|| fs::write(logs.join("day=2026-10-01/b"), "").and_then(|()| fs::remove_dir_all(&logs)).unwrap(),
        ];
        for (number, lose) in losses.iter().enumerate() {
            let own = |number: usize| logs.join(format!("day=2026-10-01/a-{number}.ndjson"));
            log.append("2026-10-01", b"1\n").unwrap();
            if number == 0 {
                assert_eq!(own(1), file);
            }
            lose();
            log.append("2026-10-01", b"2\n").unwrap();
            assert_eq!(fs::read_to_string(own(number + 2)).unwrap(), "2\n");
        }
    }
}
