//! Severity marks, each with a distinct shape so that colour is never the only cue, and HTML escaping.

use std::fmt::Write as _;

use crate::judge::Severity;

/// The icon shown next to the severity word.
pub(crate) fn icon(severity: Severity) -> String {
    format!("<svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-{}\"/></svg>", shape(severity).0)
}

/// The icon shapes, included once per page.
pub(crate) fn symbols() -> String {
    let symbol = |severity| {
        let (name, body) = shape(severity);
        format!("<symbol id=\"i-{name}\" viewBox=\"0 0 16 16\">{body}</symbol>")
    };
    let all = [Severity::Stable, Severity::Watch, Severity::Alarm, Severity::NoData].map(symbol).concat();
    format!("<svg class=\"defs\" aria-hidden=\"true\">{all}</svg>")
}

fn shape(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Stable => {
            ("s", "<circle cx=\"8\" cy=\"8\" r=\"7\"/><path class=\"o\" d=\"M4.7 8.2l2.3 2.4 4.3-5\"/>")
        }
        Severity::Watch => ("w", "<path d=\"M8 0l8 8-8 8-8-8z\"/><path class=\"o\" d=\"M8 4.3v4.4M8 10.6v1\"/>"),
        Severity::Alarm => ("a", "<path d=\"M8 .5L16 15H0z\"/><path class=\"o\" d=\"M8 5.4v4.7M8 12.1v1\"/>"),
        Severity::TooFew | Severity::NoData => {
            ("n", "<rect x=\"1\" y=\"1\" width=\"14\" height=\"14\" rx=\"3\"/><path class=\"o\" d=\"M4.5 8h7\"/>")
        }
    }
}

/// Draws a mark in a chart: circle, diamond, triangle or square.
pub(crate) fn mark(out: &mut String, severity: Severity, x: f64, y: f64, size: f64) {
    let class = severity.word();
    let _ = match severity {
        Severity::Stable => {
            write!(out, "<circle class=\"m {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>", size * 0.7)
        }
        Severity::Watch => write!(
            out,
            "<path class=\"m {class}\" d=\"M{x:.1} {:.1}l{size:.1} {size:.1}-{size:.1} {size:.1}-{size:.1}-{size:.1}z\"/>",
            y - size
        ),
        Severity::Alarm => write!(
            out,
            "<path class=\"m {class}\" d=\"M{x:.1} {:.1}l{size:.1} {:.1}h-{:.1}z\"/>",
            y - size,
            size * 1.8,
            size * 2.0
        ),
        Severity::TooFew | Severity::NoData => write!(
            out,
            "<path class=\"m {class}\" d=\"M{:.1} {:.1}h{s:.1}v{s:.1}h-{s:.1}z\"/>",
            x - size * 0.7,
            y - size * 0.7,
            s = size * 1.4
        ),
    };
}

/// Escapes text for element content and quoted attributes.
pub(crate) fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&#38;"),
            '<' => out.push_str("&#60;"),
            '>' => out.push_str("&#62;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
