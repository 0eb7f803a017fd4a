//! Calendar of days (squares) by week (columns), showing the worst severity of each day as a colour and a symbol.

use std::fmt::Write as _;

use super::mark::escape_html;
use crate::judge::Severity;

/// A day, with or without a report.
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub number: i64,
    /// `None` if no report covers the day.
    pub severity: Option<Severity>,
    /// Link to the report; empty if there is none.
    pub link: String,
    pub title: String,
    /// Month label, drawn above its first day.
    pub month: String,
}

const CELL: i64 = 22;
const WEEKS: i64 = 53;

/// Draws at most the last 53 weeks. Days must be ascending and unique. `weekdays` are the seven initials, Monday first.
pub(crate) fn calendar(days: &[Day], name: &str, weekdays: [&str; 7]) -> String {
    let Some(last) = days.last() else { return String::new() };
    // 1970-01-01 was a Thursday: 3 days after a Monday.
    let week = |day: i64| (day + 3).div_euclid(7);
    let first = days.first().map_or(0, |day| week(day.number)).max(week(last.number) - WEEKS + 1);
    let weeks = week(last.number) - first + 1;
    let mut out = format!(
        "<svg class=\"cal\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"group\" aria-label=\"{}\">",
        escape_html(name),
        w = weeks * CELL + 24 + 40,
        h = 7 * CELL + 20
    );
    for (row, initial) in (0i64..).zip(weekdays) {
        let _ = write!(out, "<text class=\"t\" x=\"0\" y=\"{}\">{}</text>", 20 + row * CELL + 14, escape_html(initial));
    }
    let mut month = "";
    for day in days.iter().filter(|day| week(day.number) >= first) {
        let (x, y) = (24 + (week(day.number) - first) * CELL, 20 + (day.number + 3).rem_euclid(7) * CELL);
        if day.month != month {
            let _ = write!(out, "<text class=\"t\" x=\"{x}\" y=\"12\">{}</text>", escape_html(&day.month));
            month = &day.month;
        }
        let Some(severity) = day.severity else {
            let _ = write!(
                out,
                "<g role=\"img\" aria-label=\"{t}\"><title>{t}</title><rect class=\"not\" x=\"{x}.5\" y=\"{y}.5\" width=\"{s}\" height=\"{s}\" rx=\"3\"/></g>",
                t = escape_html(&day.title),
                s = CELL - 4
            );
            continue;
        };
        let symbol = match severity {
            Severity::Stable => "✓",
            Severity::Watch => "◆",
            Severity::Alarm => "▲",
            Severity::TooFew => "…",
            Severity::NoData => "–",
        };
        let _ = write!(
            out,
            "<a href=\"{}\" aria-label=\"{t}\"><title>{t}</title><rect class=\"d {}\" x=\"{x}\" y=\"{y}\" width=\"{s}\" height=\"{s}\" rx=\"3\"/>\
             <text class=\"s\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{symbol}</text></a>",
            escape_html(&day.link),
            severity.word(),
            x + (CELL - 3) / 2,
            y + 14,
            t = escape_html(&day.title),
            s = CELL - 3
        );
    }
    out.push_str("</svg>");
    out
}
