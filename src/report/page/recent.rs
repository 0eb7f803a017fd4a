//! The period that sparklines cover.

use crate::report::{Context, Report, chart};

/// First and last day of the recent windows, including this one.
pub(crate) struct RecentWindows {
    /// Day of the first window.
    pub first: String,
    /// Day of this window.
    pub last: String,
}

impl RecentWindows {
    /// Returns the period, or `None` if this is the only window.
    pub(crate) fn new(report: &Report, context: &Context) -> Option<Self> {
        let starts = context.past.iter().map(|point| point.head.window.from).chain([report.examined.window.from]);
        let starts: Vec<_> = starts.collect();
        match chart::last_windows(&starts) {
            [first, .., last] => {
                let day = |at| context.language.day(at);
                Some(Self { first: day(*first), last: day(*last) })
            }
            _ => None,
        }
    }

    /// Returns a sparkline's accessible name: `PSI 0.01 → 0.49, 2026-10-01 – 2026-10-14`.
    pub(crate) fn name(
        recent: Option<&Self>,
        figure: &str,
        values: &[Option<f64>],
        format_value: impl Fn(f64) -> String,
    ) -> String {
        let Some(Self { first, last }) = recent else { return figure.to_owned() };
        let at = |value: Option<&Option<f64>>| value.copied().flatten().map_or("–".to_owned(), &format_value);
        let values = chart::last_windows(values);
        format!("{figure} {} → {}, {first} – {last}", at(values.first()), at(values.last()))
    }
}
