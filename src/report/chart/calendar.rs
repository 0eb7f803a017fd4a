//! Days as squares, weeks as columns: the worst severity of each day, with a sign in it so that colour is not needed.

use std::fmt::Write as _;

use super::mark::escaped;
use crate::judge::Severity;

/// A day with a report, or one that no report covers.
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub number: i64,
    /// `None`: nobody looked at it.
    pub severity: Option<Severity>,
    /// Of its report; empty without one.
    pub link: String,
    pub title: String,
    /// The month's name, on its first square.
    pub month: String,
}

const CELL: i64 = 22;
const WEEKS: i64 = 53;

/// At most the last 53 weeks. Days must be in rising order, one entry each. `weekdays` are the seven initials, Monday first.
pub(crate) fn calendar(days: &[Day], name: &str, weekdays: [&str; 7]) -> String {
    let Some(last) = days.last() else { return String::new() };
    // 1970-01-01 was a Thursday: 3 days after a Monday.
    let week = |day: i64| (day + 3).div_euclid(7);
    let first = days.first().map_or(0, |day| week(day.number)).max(week(last.number) - WEEKS + 1);
    let weeks = week(last.number) - first + 1;
    let mut out = format!(
        "<svg class=\"cal\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"group\" aria-label=\"{}\">",
        escaped(name),
        w = weeks * CELL + 24 + 40,
        h = 7 * CELL + 20
    );
    for (row, initial) in (0i64..).zip(weekdays) {
        let _ = write!(out, "<text class=\"t\" x=\"0\" y=\"{}\">{}</text>", 20 + row * CELL + 14, escaped(initial));
    }
    let mut month = "";
    for day in days.iter().filter(|day| week(day.number) >= first) {
        let (x, y) = (24 + (week(day.number) - first) * CELL, 20 + (day.number + 3).rem_euclid(7) * CELL);
        if day.month != month {
            let _ = write!(out, "<text class=\"t\" x=\"{x}\" y=\"12\">{}</text>", escaped(&day.month));
            month = &day.month;
        }
        let Some(severity) = day.severity else {
            let _ = write!(
                out,
                "<g role=\"img\" aria-label=\"{t}\"><title>{t}</title><rect class=\"not\" x=\"{x}.5\" y=\"{y}.5\" width=\"{s}\" height=\"{s}\" rx=\"3\"/></g>",
                t = escaped(&day.title),
                s = CELL - 4
            );
            continue;
        };
        let sign = match severity {
            Severity::Stable => "✓",
            Severity::Watch => "◆",
            Severity::Alarm => "▲",
            Severity::TooFew => "…",
            Severity::NoData => "–",
        };
        let _ = write!(
            out,
            "<a href=\"{}\" aria-label=\"{t}\"><title>{t}</title><rect class=\"d {}\" x=\"{x}\" y=\"{y}\" width=\"{s}\" height=\"{s}\" rx=\"3\"/>\
             <text class=\"s\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{sign}</text></a>",
            escaped(&day.link),
            severity.word(),
            x + (CELL - 3) / 2,
            y + 14,
            t = escaped(&day.title),
            s = CELL - 3
        );
    }
    out.push_str("</svg>");
    out
}
