//! The score of both sides laid over each other, with the threshold.

use std::fmt::Write as _;

use super::{
    frame::{Frame, TALL, TOP},
    mark::escaped,
};
use crate::{drift::Step, report::words::Language};

const FRAME: Frame = Frame { left: 34.0 };

/// Reference as a filled shape, window as a line: told apart without colour.
pub(crate) fn density(steps: &[Step], threshold: f64, language: Language) -> String {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| rows as f64 / (of as f64).max(1.0);
    let (ours, theirs): (u64, u64) = steps.iter().fold((0, 0), |(a, b), step| (a + step.reference, b + step.window));
    let top = steps
        .iter()
        .fold(0.0f64, |top, step| top.max(share(step.reference, ours)).max(share(step.window, theirs)))
        .max(1e-9);
    let y = |share: f64| Frame::y(share / top);
    let outline = |count: fn(&Step) -> u64, of: u64| {
        let mut path = format!("M{:.1} {:.1}", FRAME.x(0.0), TALL);
        for step in steps {
            let _ = write!(path, "V{:.1}H{:.1}", y(share(count(step), of)), FRAME.x(step.upper));
        }
        let _ = write!(path, "V{TALL:.1}");
        path
    };
    let (reference, window) = (outline(|step| step.reference, ours), outline(|step| step.window, theirs));
    let mut out =
        Frame::open(&escaped(language.pick("Score of reference and window", "Score de la référence et de la fenêtre")));
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
    out.push_str(&FRAME.threshold(threshold, &format!(" · {}", language.refused_from_here()), language));
    out.push_str("</svg>");
    out
}
