//! Score distributions of reference and window, overlaid, with the threshold.

use std::fmt::Write as _;

use vigie_profile::decision::{DecisionRule, HighScore};

use super::{
    frame::{AXIS_Y, Frame, TOP},
    mark::escape_html,
};
use crate::{drift::HistogramStep, report::words::Language};

const FRAME: Frame = Frame { left: 46.0 };

/// Draws the reference as a filled shape and the window as a line: distinguishable without colour.
pub(crate) fn density(steps: &[HistogramStep], rule: DecisionRule, language: Language) -> String {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, total: u64| rows as f64 / (total as f64).max(1.0);
    let (reference_rows, window_rows): (u64, u64) =
        steps.iter().fold((0, 0), |(a, b), step| (a + step.reference, b + step.window));
    let top = steps
        .iter()
        .fold(0.0f64, |top, step| top.max(share(step.reference, reference_rows)).max(share(step.window, window_rows)))
        .max(1e-9);
    let y = |share: f64| Frame::y(share / top);
    let outline = |count: fn(&HistogramStep) -> u64, total: u64| {
        let mut path = format!("M{:.1} {:.1}", FRAME.x(0.0), AXIS_Y);
        for step in steps {
            let _ = write!(path, "V{:.1}H{:.1}", y(share(count(step), total)), FRAME.x(step.upper));
        }
        let _ = write!(path, "V{AXIS_Y:.1}");
        path
    };
    let (reference, window) =
        (outline(|step| step.reference, reference_rows), outline(|step| step.window, window_rows));
    let mut out = Frame::open(&escape_html(language.labels().density_chart));
    let _ = write!(
        out,
        "<path class=\"r\" d=\"{reference}z\"/><path class=\"wl\" d=\"{window}\"/>{}",
        FRAME.axis(language)
    );
    let _ = write!(
        out,
        "<text class=\"t\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        FRAME.left - 4.0,
        TOP + 8.0,
        language.percent(top)
    );
    let refused = match rule.high_score {
        HighScore::Bad => language.labels().refused_from_here,
        HighScore::Good => language.labels().refused_up_to_here,
    };
    out.push_str(&FRAME.threshold(rule.threshold, &format!(" · {refused}"), language));
    out.push_str("</svg>");
    out
}
