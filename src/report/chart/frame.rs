//! Shared frame of charts over the score: the axis from 0 to 1 and the line at the threshold.

use std::fmt::Write as _;

use crate::report::words::Language;

pub(crate) const WIDTH: f64 = 480.0;
/// Position of the axis; its labels are below.
pub(crate) const AXIS_Y: f64 = 170.0;
pub(crate) const TOP: f64 = 18.0;
const RIGHT: f64 = WIDTH - 8.0;

/// Frame of a chart with room for the vertical axis labels on the left.
pub(crate) struct Frame {
    pub left: f64,
}

impl Frame {
    pub(super) fn x(&self, score: f64) -> f64 {
        self.left + score * (RIGHT - self.left)
    }

    /// Maps 0 to the axis and 1 to the top.
    pub(super) fn y(share: f64) -> f64 {
        TOP + (1.0 - share) * (AXIS_Y - TOP)
    }

    /// Opens the SVG element; `name` is its accessible name, already escaped.
    pub(super) fn open(name: &str) -> String {
        format!("<svg class=\"c\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{name}\">", AXIS_Y + 18.0)
    }

    pub(super) fn axis(&self, language: Language) -> String {
        let mut out = format!("<path class=\"a\" d=\"M{} {AXIS_Y}H{RIGHT:.1}\"/>", self.left);
        for tick in 0..=5u32 {
            let at = f64::from(tick) / 5.0;
            let _ = write!(
                out,
                "<text class=\"t\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"{}\">{}</text>",
                self.x(at),
                AXIS_Y + 14.0,
                if tick == 5 { "end" } else { "middle" },
                language.number_plain(at)
            );
        }
        out
    }

    /// Draws the threshold, or nothing if it is off the axis. `suffix` is appended to its label.
    pub(super) fn threshold(&self, threshold: f64, suffix: &str, language: Language) -> String {
        if !(0.0..=1.0).contains(&threshold) {
            return String::new();
        }
        let at = self.x(threshold);
        // On a phone, the label is as wide as half of the chart.
        let (end, dx) = if threshold > 0.45 { ("end", -5.0) } else { ("start", 5.0) };
        format!(
            "<path class=\"th\" d=\"M{at:.1} 2V{AXIS_Y}\"/><text class=\"t\" x=\"{:.1}\" y=\"11\" text-anchor=\"{end}\">{} {}{suffix}</text>",
            at + dx,
            language.labels().threshold,
            language.number_plain(threshold)
        )
    }
}
