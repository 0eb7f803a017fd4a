//! Observed rate by score: the window's labelled rows next to the reference, and the line on which a calibrated score lies.

use std::fmt::Write as _;

use vigie_stats::loss::CalibrationBin;

use super::{
    frame::{AXIS_Y, Frame},
    mark::escape_html,
};
use crate::report::words::Language;

const FRAME: Frame = Frame { left: 60.0 };

/// `reference` may be empty. Returns an empty string without bins of the window.
pub(crate) fn calibration(window: &[CalibrationBin], reference: &[CalibrationBin], language: Language) -> String {
    if window.is_empty() {
        return String::new();
    }
    let top = window.iter().chain(reference).fold(1e-9f64, |top, bin| top.max(bin.share)).min(1.0);
    let x = |score: f64| FRAME.x(score.clamp(0.0, 1.0));
    let y = |share: f64| Frame::y((share / top).min(1.0));
    let labels = language.labels();
    let draw = |bins: &[CalibrationBin], side: &str, line: &str, mark: &str| {
        let (mut path, mut marks) = (String::new(), String::new());
        for (index, bin) in bins.iter().enumerate() {
            let (x, y) = (x(bin.mean_score), y(bin.share));
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
            let title = format!(
                "{side}{} {} → {}",
                language.colon(),
                language.number(bin.mean_score),
                language.percent(bin.share)
            );
            let _ = write!(
                marks,
                "<circle class=\"{mark}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{}</title></circle>",
                escape_html(&title)
            );
        }
        format!("<path class=\"{line}\" d=\"{path}\"/>{marks}")
    };
    let mut out = Frame::open(&escape_html(labels.calibration));
    let _ = write!(
        out,
        "<path class=\"g\" d=\"M{:.1} {AXIS_Y}L{:.1} {:.1}\"/>{}{}{}",
        x(0.0),
        x(top),
        y(top),
        draw(reference, labels.reference, "a", "r"),
        draw(window, labels.window, "wl", "w"),
        FRAME.axis(language)
    );
    for (share, at) in [(top, y(top) + 4.0), (0.0, AXIS_Y)] {
        let text = escape_html(&language.percent(share));
        let _ = write!(
            out,
            "<text class=\"t\" x=\"{:.1}\" y=\"{at:.1}\" text-anchor=\"end\">{text}</text>",
            FRAME.left - 5.0
        );
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_drawn_and_a_reference_is_not_required() {
        let bin = |mean_score, share| CalibrationBin { mean_score, share, rows: 70.0 };
        let window = [bin(0.1, 0.2), bin(0.5, 0.8)];
        let drawn = |reference: &[CalibrationBin]| calibration(&window, reference, Language::English);
        let both = drawn(&[bin(0.1, 0.1), bin(0.5, 0.4)]);
        assert_eq!(both.matches("<circle").count(), 4, "{both}");
        assert!(both.contains("<title>window: 0.500 → 80.0%</title>"), "{both}");
        assert!(both.contains(">80.0%</text>"), "the scale ends at the highest rate, and so does the diagonal: {both}");
        assert_eq!(drawn(&[]).matches("<circle").count(), 2);
        assert_eq!(calibration(&[], &window, Language::English), "");
    }
}
