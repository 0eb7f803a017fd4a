//! What a page has to know beside the report: its readers' language, the runs before, the links around it.

use super::{document::Point, words::Language};

/// Nothing of it is needed to make a page.
#[derive(Debug, Clone, Default)]
pub struct Context {
    pub language: Language,
    /// Earlier runs of the model, oldest first; the page shows the last 29 and its own.
    pub past: Vec<Point>,
    /// Where the list of all reports stands, seen from the page.
    pub index: Option<String>,
}
