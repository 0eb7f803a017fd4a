//! The score of both sides laid over each other, with the threshold.

use std::fmt::Write as _;

use super::mark::escaped;
use crate::{drift::Step, report::Language};

const WIDE: f64 = 480.0;
const TALL: f64 = 170.0;
const LEFT: f64 = 34.0;
const TOP: f64 = 18.0;

/// Reference as a filled shape, window as a line: told apart without colour.
pub(in crate::report) fn density(steps: &[Step], threshold: f64, language: Language) -> String {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| rows as f64 / (of as f64).max(1.0);
    let (ours, theirs): (u64, u64) = steps.iter().fold((0, 0), |(a, b), step| (a + step.reference, b + step.window));
    let top = steps
        .iter()
        .fold(0.0f64, |top, step| top.max(share(step.reference, ours)).max(share(step.window, theirs)))
        .max(1e-9);
    let x = |score: f64| LEFT + score * (WIDE - LEFT - 8.0);
    let y = |share: f64| TOP + (1.0 - share / top) * (TALL - TOP);
    let outline = |count: fn(&Step) -> u64, of: u64| {
        let mut path = format!("M{:.1} {:.1}", x(0.0), TALL);
        for step in steps {
            let _ = write!(path, "V{:.1}H{:.1}", y(share(count(step), of)), x(step.upper));
        }
        let _ = write!(path, "V{TALL:.1}");
        path
    };
    let (reference, window) = (outline(|step| step.reference, ours), outline(|step| step.window, theirs));
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-label=\"{}\"><path class=\"r\" d=\"{reference}z\"/><path class=\"wl\" d=\"{window}\"/>\
         <path class=\"a\" d=\"M{LEFT} {TALL}H{:.1}\"/>",
        TALL + 18.0,
        escaped(language.pick("Score of reference and window", "Score de la référence et de la fenêtre")),
        WIDE - 8.0
    );
    for tick in 0..=5u32 {
        let at = f64::from(tick) / 5.0;
        let _ = write!(
            out,
            "<text class=\"t\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"{}\">{}</text>",
            x(at),
            TALL + 14.0,
            if tick == 5 { "end" } else { "middle" },
            language.number_plain(at)
        );
    }
    let _ = write!(
        out,
        "<text class=\"t\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 4.0,
        TOP + 8.0,
        language.percent(top)
    );
    if (0.0..=1.0).contains(&threshold) {
        let at = x(threshold);
        let label =
            format!("{} {} · {}", language.threshold(), language.number_plain(threshold), language.refused_from_here());
        let (end, dx) = if threshold > 0.6 { ("end", -5.0) } else { ("start", 5.0) };
        let _ = write!(
            out,
            "<path class=\"th\" d=\"M{at:.1} 2V{TALL}\"/><text class=\"t\" x=\"{:.1}\" y=\"11\" text-anchor=\"{end}\">{label}</text>",
            at + dx
        );
    }
    out.push_str("</svg>");
    out
}
