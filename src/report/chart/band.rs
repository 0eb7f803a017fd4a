//! An estimate through the windows as a band, and the truth as marks where it is known: outside the band it has another shape.

use std::fmt::Write as _;

use super::mark::{escaped, mark};
use crate::judge::Severity;

/// One window's estimate with its interval, and what came.
pub(crate) struct Kept {
    /// On hover.
    pub title: String,
    /// Value, low, high.
    pub band: Option<(f64, f64, f64)>,
    pub truth: Option<f64>,
}

const WIDE: f64 = 480.0;
const TALL: f64 = 150.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 10.0;

/// `scale` writes a value at the axis. Empty where there is nothing to draw.
pub(crate) fn band(kept: &[Kept], name: &str, scale: impl Fn(f64) -> String) -> String {
    let values =
        || kept.iter().flat_map(|one| one.band.map(|band| [band.1, band.2]).into_iter().flatten().chain(one.truth));
    let (least, greatest) =
        values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if !(greatest - least).is_finite() {
        return String::new();
    }
    let room = if greatest > least { greatest - least } else { greatest.abs().max(1.0) };
    #[expect(clippy::cast_precision_loss, reason = "a few dozen windows")]
    let step = (WIDE - LEFT - 24.0) / (kept.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few dozen windows")]
    let x = |place: usize| LEFT + 14.0 + place as f64 * step;
    let y = |value: f64| TOP + (greatest - value) / room * (TALL - TOP - 6.0);
    let (mut bands, mut middles, mut marks) = (String::new(), String::new(), String::new());
    let half = (step / 2.0).min(8.0);
    for (place, one) in kept.iter().enumerate() {
        if let Some((value, low, high)) = one.band {
            let _ = write!(
                bands,
                "<rect class=\"r\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
                x(place) - half * 0.8,
                y(high),
                half * 1.6,
                (y(low) - y(high)).max(1.0),
                escaped(&one.title)
            );
            let _ = write!(middles, "M{:.1} {:.1}h{:.1}", x(place) - half * 0.8, y(value), half * 1.6);
        }
        if let Some(truth) = one.truth {
            let is_inside = one.band.is_some_and(|(_, low, high)| (low..=high).contains(&truth));
            let _ = write!(marks, "<g><title>{}</title>", escaped(&one.title));
            mark(&mut marks, if is_inside { Severity::Stable } else { Severity::Alarm }, x(place), y(truth), 5.0);
            marks.push_str("</g>");
        }
    }
    format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {TALL}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{TALL}\"/>\
         <text class=\"t\" x=\"{l}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"{l}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
         {bands}<path class=\"a\" d=\"{middles}\"/>{marks}</svg>",
        escaped(name),
        y(greatest) + 4.0,
        escaped(&scale(greatest)),
        y(greatest - room) + 2.0,
        escaped(&scale(greatest - room)),
        l = LEFT - 5.0,
    )
}
