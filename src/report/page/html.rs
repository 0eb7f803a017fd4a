//! The report as one HTML file that needs nothing from anywhere.

use askama::Template;

use super::Page;
use crate::{
    judge::Severity,
    report::{
        Context, Report,
        chart::{icon, symbols},
        words::{Language, unbroken::unbroken},
    },
};

#[derive(Template)]
#[template(path = "page.html", config = "src/report/askama.toml")]
struct PageTemplate {
    page: Page,
    l: Language,
}

#[expect(clippy::unused_self, reason = "a template calls methods of its own")]
impl PageTemplate {
    fn icon(&self, severity: Severity) -> String {
        icon(severity)
    }

    fn unbroken(&self, text: &str) -> String {
        unbroken(text)
    }

    fn symbols(&self) -> String {
        symbols()
    }
}

/// The page. Names and values of the log are escaped.
pub fn to_html(report: &Report, context: &Context) -> Result<String, askama::Error> {
    PageTemplate { page: Page::of(report, context), l: context.language }.render()
}
