//! Line chart of one value by window, with its maximum, the first and last date, and marks where the value itself
//! exceeded a limit.

use std::fmt::Write as _;

use super::mark::{escape_html, mark};
use crate::judge::Severity;

/// The value of a window.
pub(crate) struct Dot {
    pub value: Option<f64>,
    /// Severity of this value alone; `Stable` if it has no limit.
    pub severity: Severity,
    /// Axis label; shown for the first and last dot.
    pub date: String,
    /// Tooltip.
    pub title: String,
}

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 84.0;
const LEFT: f64 = 46.0;

/// `format` renders axis values. Returns an empty string if there are no values.
pub(crate) fn line(dots: &[Dot], name: &str, format: impl Fn(f64) -> String) -> String {
    let values = || dots.iter().filter_map(|dot| dot.value);
    let highest = values().fold(0.0, f64::max);
    if values().next().is_none() {
        return String::new();
    }
    let scale = if highest > 0.0 { highest } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred windows")]
    let step = (WIDTH - LEFT - 10.0) / (dots.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred windows")]
    let x = |index: usize| LEFT + 4.0 + index as f64 * step;
    let y = |value: f64| 8.0 + (1.0 - value / scale) * (HEIGHT - 16.0);
    let mut path = String::new();
    let mut is_drawing = false;
    let mut marks = String::new();
    for (index, dot) in dots.iter().enumerate() {
        let Some(value) = dot.value else {
            is_drawing = false;
            continue;
        };
        let _ = write!(path, "{}{:.1} {:.1}", if is_drawing { "L" } else { "M" }, x(index), y(value));
        is_drawing = true;
        if dot.severity != Severity::Stable || index + 1 == dots.len() {
            let _ = write!(marks, "<g><title>{}</title>", escape_html(&dot.title));
            mark(&mut marks, dot.severity, x(index), y(value), 4.5);
            marks.push_str("</g>");
        }
    }
    let date = |at: f64, anchor, date: &str| {
        format!(
            "<text class=\"t\" x=\"{at}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>",
            HEIGHT + 7.0,
            escape_html(date)
        )
    };
    let dates = match dots {
        [first, .., last] => [date(LEFT, "start", &first.date), date(WIDTH, "end", &last.date)].concat(),
        [only] => date(LEFT, "start", &only.date),
        [] => String::new(),
    };
    format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{b}H{WIDTH}\"/>\
         <text class=\"t\" x=\"{l}\" y=\"12\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"{l}\" y=\"{b}\" text-anchor=\"end\">0</text>\
         {dates}<path class=\"wl\" d=\"{path}\"/>{marks}</svg>",
        HEIGHT + 10.0,
        escape_html(name),
        escape_html(&format(highest)),
        b = HEIGHT - 8.0,
        l = LEFT - 5.0,
    )
}
