//! The report as one HTML file that needs nothing from anywhere.

use askama::Template;

use super::{Report, page::Page};

#[derive(Template)]
#[template(path = "page.html", config = "src/report/askama.toml")]
struct PageTemplate {
    page: Page,
}

impl PageTemplate {
    /// `too_few` → `too few`.
    #[expect(clippy::unused_self, reason = "a template calls methods of its own")]
    fn spoken(&self, word: &str) -> String {
        word.replace('_', " ")
    }
}

/// The page. Names and values of the log are escaped.
pub fn to_html(report: &Report) -> Result<String, askama::Error> {
    PageTemplate { page: Page::of(report) }.render()
}
