//! The windows that sparklines show: from when to when, in words.

use crate::report::{Context, Report, chart, words::verdict::day};

/// The last windows, this one included.
pub(crate) struct Lately {
    /// The day of the first one.
    pub first: String,
    /// The day of this one.
    pub last: String,
}

impl Lately {
    /// `None`: this window is the only one.
    pub(crate) fn of(report: &Report, context: &Context) -> Option<Self> {
        let starts = context.past.iter().map(|point| point.head.window.from).chain([report.examined.window.from]);
        let starts: Vec<_> = starts.collect();
        match chart::last(&starts) {
            [first, .., last] => Some(Self { first: day(*first), last: day(*last) }),
            _ => None,
        }
    }

    /// `PSI 0.01 → 0.49, 2026-10-01 – 2026-10-14`.
    pub(crate) fn name(
        lately: Option<&Self>,
        figure: &str,
        values: &[Option<f64>],
        spelt: impl Fn(f64) -> String,
    ) -> String {
        let Some(Self { first, last }) = lately else { return figure.to_owned() };
        let at = |value: Option<&Option<f64>>| value.copied().flatten().map_or("–".to_owned(), &spelt);
        let values = chart::last(values);
        format!("{figure} {} → {}, {first} – {last}", at(values.first()), at(values.last()))
    }
}
