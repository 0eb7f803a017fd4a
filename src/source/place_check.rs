//! Checks of a place that need no connection.

use std::path::PathBuf;

use vigie_profile::shown::harmless;

use super::{
    file::LogFile,
    files::{SortedFiles, sort_files},
    place::{PlaceOptions, PlaceSection, RowPlace, SourceKind},
    postgres::check_url,
    shape, store,
};
use crate::fault::{InputShape, LostInput};

/// Why nothing can be read at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceProblem {
    /// The key within its section.
    pub key: &'static str,
    /// The end of a sentence that begins with the key.
    pub why: String,
    pub hint: String,
}

impl PlaceOptions {
    /// Files whose first lines hold no record. Reads the beginning of the first file and of the last ones by name.
    #[must_use]
    pub fn losses(&self, section: PlaceSection) -> Vec<LostInput> {
        const LAST: usize = 4;
        if self.rows() != RowPlace::Files {
            return Vec::new();
        }
        // Whether there are files at all is another check.
        let Ok(found) = store::find(section.name(), "records", &self.path) else { return Vec::new() };
        let SortedFiles { files, mut skipped } = sort_files(found, self.form());
        // Other files in the folder of labels that have yet to arrive are not a problem.
        let is_log = |path: &PathBuf| LogFile::is_like_log(&path.to_string_lossy());
        skipped.retain(|path| section != PlaceSection::Labels || is_log(path));
        if let ([], [first, others @ ..]) = (files.as_slice(), skipped.as_slice()) {
            let place = harmless(&first.display().to_string());
            return vec![LostInput { place, line: None, shape: InputShape::UnknownName, more: others.len() as u64 }];
        }
        let last = files.len().saturating_sub(LAST).max(1);
        let loss = |file: &LogFile| {
            let (shape, line) = shape::check(file).unwrap_or_else(|_| shape::recognise(file))?;
            let place = harmless(&file.stored.path().display().to_string());
            Some(LostInput { place, line, shape, more: 0 })
        };
        files.iter().take(1).chain(files.iter().skip(last)).filter_map(|file| loss(file)).collect()
    }

    /// Why nothing can be read there, if this is known without a connection. Label files may still have to arrive, and
    /// `vigie serve` creates its log.
    #[must_use]
    pub fn problem(&self, section: PlaceSection) -> Option<PlaceProblem> {
        match self.rows() {
            RowPlace::Files => {
                let is_awaited = section == PlaceSection::Labels || self.kind == SourceKind::Vigie;
                let why = store::problem(&self.path, is_awaited)?;
                Some(PlaceProblem {
                    key: "path",
                    why: format!(": {}: {why}", self.path.display()),
                    hint: "set it to an existing file, a folder, or a glob that matches at least one file".to_owned(),
                })
            }
            RowPlace::Table => {
                let (why, hint) = check_url(section.name(), self.url.as_ref()?)?;
                Some(PlaceProblem { key: "url", why: format!(" {why}"), hint })
            }
        }
    }
}
