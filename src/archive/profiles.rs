//! The counts of earlier windows, next to their reports.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use vigie_profile::window::Window;

use super::{
    publish::PROFILE,
    read::{have_same_length, window_folders},
    trend::read_head,
};

/// Larger files are not read: counts of a thousand features are below 10 MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// An earlier window whose counts are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastWindow {
    pub window: Window,
    folder: PathBuf,
}

/// Returns the windows of a model that ended before `window` began, have its length and have kept counts, newest first.
#[must_use]
pub fn past_windows(reports: &Path, model: &str, window: Window) -> Vec<PastWindow> {
    let mut past: Vec<PastWindow> = window_folders(&reports.join(model))
        .into_iter()
        .filter(|(other, _)| other.to <= window.from && have_same_length(*other, window))
        .filter(|(_, folder)| folder.join(PROFILE).is_file())
        .map(|(window, folder)| PastWindow { window, folder })
        .collect();
    past.sort_by_key(|past| (past.window.from, past.window.to));
    past.reverse();
    past
}

impl PastWindow {
    /// Reads the file with the counts.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.folder.join(PROFILE))?.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Revision of the report next to the counts; 0 if it cannot be read.
    #[must_use]
    pub fn revision(&self) -> u32 {
        read_head(&self.folder).map_or(0, |head| head.revision)
    }

    /// Path of the file with the counts, for messages.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(PROFILE)
    }
}
