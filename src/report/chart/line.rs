//! One figure through the windows: a line, its greatest value, first and last date, and marks where the figure itself was
//! found to be over a limit.

use std::fmt::Write as _;

use super::mark::{escaped, mark};
use crate::judge::Severity;

/// One window's value.
pub(crate) struct Dot {
    pub value: Option<f64>,
    /// The figure's own, whatever else the run found; `Stable` where nothing judges it.
    pub severity: Severity,
    /// Beneath the axis, of the first and the last one.
    pub date: String,
    /// On hover.
    pub title: String,
}

const WIDE: f64 = 320.0;
const TALL: f64 = 84.0;
const LEFT: f64 = 46.0;

/// `top` writes a value at the axis.
pub(crate) fn line(dots: &[Dot], name: &str, top: impl Fn(f64) -> String) -> String {
    let values = || dots.iter().filter_map(|dot| dot.value);
    let highest = values().fold(0.0, f64::max);
    if values().next().is_none() {
        return String::new();
    }
    let scale = if highest > 0.0 { highest } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred windows")]
    let step = (WIDE - LEFT - 10.0) / (dots.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred windows")]
    let x = |place: usize| LEFT + 4.0 + place as f64 * step;
    let y = |value: f64| 8.0 + (1.0 - value / scale) * (TALL - 16.0);
    let mut path = String::new();
    let mut is_down = false;
    let mut marks = String::new();
    for (place, dot) in dots.iter().enumerate() {
        let Some(value) = dot.value else {
            is_down = false;
            continue;
        };
        let _ = write!(path, "{}{:.1} {:.1}", if is_down { "L" } else { "M" }, x(place), y(value));
        is_down = true;
        if dot.severity != Severity::Stable || place + 1 == dots.len() {
            let _ = write!(marks, "<g><title>{}</title>", escaped(&dot.title));
            mark(&mut marks, dot.severity, x(place), y(value), 4.5);
            marks.push_str("</g>");
        }
    }
    let date = |at: f64, anchor, date: &str| {
        format!(
            "<text class=\"t\" x=\"{at}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
            TALL + 7.0,
            escaped(date)
        )
    };
    let dates = match dots {
        [first, .., last] => [date(LEFT, "start", &first.date), date(WIDE, "end", &last.date)].concat(),
        [only] => date(LEFT, "start", &only.date),
        [] => String::new(),
    };
    format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{b}H{WIDE}\"/>\
         <text class=\"t\" x=\"{l}\" y=\"12\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"{l}\" y=\"{b}\" text-anchor=\"end\">0</text>\
         {dates}<path class=\"wl\" d=\"{path}\"/>{marks}</svg>",
        TALL + 10.0,
        escaped(name),
        escaped(&top(highest)),
        b = TALL - 8.0,
        l = LEFT - 5.0,
    )
}
