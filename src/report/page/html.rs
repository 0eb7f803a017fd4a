//! The report as one self-contained HTML file.

use askama::Template;

use super::Page;
use crate::{
    judge::Severity,
    report::{
        Context, Report,
        chart::{icon, symbols},
        words::{Language, PageLabels, no_break::no_break},
    },
};

#[derive(Template)]
#[template(path = "page.html", config = "src/report/askama.toml")]
struct PageTemplate {
    page: Page,
    l: Language,
    t: &'static PageLabels,
}

#[expect(clippy::unused_self, reason = "templates can only call methods of the template type")]
impl PageTemplate {
    fn icon(&self, severity: Severity) -> String {
        icon(severity)
    }

    fn no_break(&self, text: &str) -> String {
        no_break(text)
    }

    fn symbols(&self) -> String {
        symbols()
    }
}

/// Renders the page. Names and values from the log are escaped.
pub fn to_html(report: &Report, context: &Context) -> Result<String, askama::Error> {
    let language = context.language;
    PageTemplate { page: Page::new(report, context), l: language, t: language.labels() }.render()
}
