//! The period that sparklines cover.

use crate::{
    judge::{Limits, Severity},
    report::{Context, Report, chart},
};

/// First and last day of the recent windows, including this one.
pub(crate) struct RecentWindows {
    /// Day of the first window.
    pub first: String,
    /// Day of this window.
    pub last: String,
    /// Whether a window has too few rows for a verdict, oldest first.
    few: Vec<bool>,
}

impl RecentWindows {
    /// Returns the period, or `None` if this is the only window.
    pub(crate) fn new(report: &Report, context: &Context) -> Option<Self> {
        let starts = context.past.iter().map(|point| point.head.window.from).chain([report.examined.window.from]);
        let starts: Vec<_> = starts.collect();
        let severities = context.past.iter().map(|point| point.head.severity).chain([report.verdict.severity]);
        match chart::last_windows(&starts) {
            [first, .., last] => {
                let day = |at| context.language.day(at);
                let few = severities.map(|severity| severity == Severity::TooFew).collect();
                Some(Self { first: day(*first), last: day(*last), few })
            }
            _ => None,
        }
    }

    /// Draws a figure in all windows, oldest first; `severity` is that of the last value. Returns an empty string without earlier
    /// windows.
    pub(crate) fn sparkline(
        recent: Option<&Self>,
        figure: &str,
        values: &[Option<f64>],
        (limits, severity): (Limits, Severity),
        format_value: impl Fn(f64) -> String,
    ) -> String {
        let Some(recent) = recent else { return String::new() };
        chart::sparkline(values, &recent.few, limits, severity, &recent.name(figure, values, format_value))
    }

    /// Returns a sparkline's accessible name: `PSI 0.01 → 0.49, 2026-10-01 – 2026-10-14`.
    fn name(&self, figure: &str, values: &[Option<f64>], format_value: impl Fn(f64) -> String) -> String {
        let Self { first, last, few: _ } = self;
        let at = |value: Option<&Option<f64>>| value.copied().flatten().map_or("–".to_owned(), &format_value);
        let values = chart::last_windows(values);
        format!("{figure} {} → {}, {first} – {last}", at(values.first()), at(values.last()))
    }
}
