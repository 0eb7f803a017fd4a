//! Verdicts of the last windows as one row of bars: the worse, the taller.

use std::fmt::Write as _;

use super::{
    mark::escape_html,
    sparkline::{WINDOWS, last_windows},
};
use crate::judge::Severity;

/// Distance of the bars, of which `WINDOWS` fill the width of a sparkline.
const STEP: usize = 4;
const BASE: usize = 23;

/// `severities` are oldest first; the last one is on the right. `name` is the tooltip and accessible name.
pub(crate) fn history(severities: &[Severity], name: &str) -> String {
    let severities = last_windows(severities);
    let mut bars = String::new();
    for (place, severity) in severities.iter().enumerate() {
        let x = (WINDOWS + place).saturating_sub(severities.len()) * STEP;
        let bar =
            |height: usize| format!("<path class=\"d {}\" d=\"M{x} {BASE}v-{height}h3v{height}z\"/>", severity.word());
        let _ = match severity {
            Severity::Stable => write!(bars, "{}", bar(5)),
            Severity::Watch => write!(bars, "{}", bar(13)),
            Severity::Alarm => write!(bars, "{}", bar(22)),
            Severity::TooFew => write!(bars, "<path class=\"h\" d=\"M{x}.5 {BASE}v-5h2v5z\"/>"),
            Severity::NoData => write!(bars, "{}", bar(1)),
        };
    }
    format!("<svg class=\"k\" viewBox=\"0 0 122 24\" role=\"img\"><title>{}</title>{bars}</svg>", escape_html(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_windows_end_on_the_right() {
        let drawn = history(&[Severity::Stable, Severity::TooFew, Severity::Alarm], "a < b");
        assert!(drawn.contains("<title>a &#60; b</title><path class=\"d stable\" d=\"M108 23v-5h3v5z\"/>"), "{drawn}");
        assert!(drawn.contains("<path class=\"h\" d=\"M112.5 23"), "{drawn}");
        assert!(drawn.ends_with("<path class=\"d alarm\" d=\"M116 23v-22h3v22z\"/></svg>"), "{drawn}");
        assert_eq!(history(&[Severity::Watch; 40], "x").matches("<path").count(), WINDOWS);
    }
}
