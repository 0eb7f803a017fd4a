//! What a page needs besides the report: language, earlier runs and links.

use super::{document::TrendPoint, words::Language};

/// Optional page inputs; the default is enough to render a page.
#[derive(Debug, Clone, Default)]
pub struct Context {
    pub language: Language,
    /// Earlier runs of the model, oldest first. The page shows the last 29 plus its own.
    pub past: Vec<TrendPoint>,
    /// Link to the list of all reports, relative to the page.
    pub index: Option<String>,
}
