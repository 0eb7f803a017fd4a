//! Checks of a place that need no connection.

use super::{
    place::{PlaceOptions, PlaceSection, SourceKind},
    postgres::check_url,
    store,
};

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
    /// Why nothing can be read there, if this is known without a connection. Label files may still have to arrive.
    #[must_use]
    pub fn problem(&self, section: PlaceSection) -> Option<PlaceProblem> {
        match self.kind {
            SourceKind::Files => {
                let why = store::problem(&self.path, section == PlaceSection::Labels)?;
                Some(PlaceProblem {
                    key: "path",
                    why: format!(": {}: {why}", self.path.display()),
                    hint: "set it to an existing file, a folder, or a glob that matches at least one file".to_owned(),
                })
            }
            SourceKind::Postgres => {
                let (why, hint) = check_url(section.name(), self.url.as_ref()?)?;
                Some(PlaceProblem { key: "url", why: format!(" {why}"), hint })
            }
        }
    }
}
