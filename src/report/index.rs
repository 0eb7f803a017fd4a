//! The page that lists all reports.

use askama::Template;

/// One report of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Relative to the index.
    pub link: String,
    pub model: String,
    pub from: String,
    pub to: String,
    pub rows: u64,
    pub severity: String,
    pub sentence: String,
}

#[derive(Template)]
#[template(path = "index.html", config = "src/report/askama.toml")]
struct IndexTemplate {
    entries: Vec<IndexEntry>,
}

impl IndexTemplate {
    /// `too_few` → `too few`.
    #[expect(clippy::unused_self, reason = "a template calls methods of its own")]
    fn spoken(&self, word: &str) -> String {
        word.replace('_', " ")
    }
}

/// The list as one HTML file.
pub fn to_index(entries: Vec<IndexEntry>) -> Result<String, askama::Error> {
    IndexTemplate { entries }.render()
}
