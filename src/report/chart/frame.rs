//! What charts over a score have in common: the axis from 0 to 1, and the line at the threshold that is used.

use std::fmt::Write as _;

use crate::report::words::Language;

pub(crate) const WIDE: f64 = 480.0;
/// Where the axis is; its numbers stand below.
pub(crate) const TALL: f64 = 170.0;
pub(crate) const TOP: f64 = 18.0;
const RIGHT: f64 = WIDE - 8.0;

/// Room on the left for the numbers of the other axis.
pub(crate) struct Frame {
    pub left: f64,
}

impl Frame {
    pub(super) fn x(&self, score: f64) -> f64 {
        self.left + score * (RIGHT - self.left)
    }

    /// From the axis, 0, to the top, 1.
    pub(super) fn y(share: f64) -> f64 {
        TOP + (1.0 - share) * (TALL - TOP)
    }

    /// The beginning of the picture, which `name` says in words (escaped).
    pub(super) fn open(name: &str) -> String {
        format!("<svg class=\"c\" viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-label=\"{name}\">", TALL + 18.0)
    }

    pub(super) fn axis(&self, language: Language) -> String {
        let mut out = format!("<path class=\"a\" d=\"M{} {TALL}H{RIGHT:.1}\"/>", self.left);
        for tick in 0..=5u32 {
            let at = f64::from(tick) / 5.0;
            let _ = write!(
                out,
                "<text class=\"t\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"{}\">{}</text>",
                self.x(at),
                TALL + 14.0,
                if tick == 5 { "end" } else { "middle" },
                language.number_plain(at)
            );
        }
        out
    }

    /// Nothing for a threshold beyond the axis.
    pub(super) fn threshold(&self, threshold: f64, more: &str, language: Language) -> String {
        if !(0.0..=1.0).contains(&threshold) {
            return String::new();
        }
        let at = self.x(threshold);
        let (end, dx) = if threshold > 0.6 { ("end", -5.0) } else { ("start", 5.0) };
        format!(
            "<path class=\"th\" d=\"M{at:.1} 2V{TALL}\"/><text class=\"t\" x=\"{:.1}\" y=\"11\" text-anchor=\"{end}\">{} {}{more}</text>",
            at + dx,
            language.threshold(),
            language.number_plain(threshold)
        )
    }
}
