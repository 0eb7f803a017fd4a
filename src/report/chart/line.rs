//! Line chart of one value by window, with its maximum, the first and last date, and marks where the value itself
//! exceeded a limit.

use std::fmt::Write as _;

use super::mark::{escape_html, mark};
use crate::judge::Severity;

/// The value of a window.
pub(crate) struct Dot {
    pub value: Option<f64>,
    /// Whether the window has too few rows for a verdict. Such values are hollow and do not count for the scale.
    pub is_few: bool,
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
    let values = |few: bool| dots.iter().filter(move |dot| dot.is_few == few).filter_map(|dot| dot.value);
    let is_scaled = values(false).next().is_some();
    if !is_scaled && values(true).next().is_none() {
        return String::new();
    }
    // If all windows have too few rows, they make the scale.
    let highest = values(!is_scaled).fold(0.0, f64::max);
    let scale = if highest > 0.0 { highest } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred windows")]
    let step = (WIDTH - LEFT - 10.0) / (dots.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred windows")]
    let x = |index: usize| LEFT + 4.0 + index as f64 * step;
    let y = |value: f64| 8.0 + (1.0 - (value / scale).min(1.0)) * (HEIGHT - 16.0);
    let mut path = String::new();
    let mut is_drawing = false;
    let mut marks = String::new();
    for (index, dot) in dots.iter().enumerate() {
        let Some(value) = dot.value else {
            is_drawing = false;
            continue;
        };
        if dot.is_few {
            is_drawing = false;
            let title = escape_html(&dot.title);
            let (x, y) = (x(index), y(value));
            let _ =
                write!(marks, "<g><title>{title}</title><circle class=\"h\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/></g>");
            continue;
        }
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
        "<svg class=\"c small\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{b}H{WIDTH}\"/>\
         <text class=\"t\" x=\"{l}\" y=\"12\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"{l}\" y=\"{b}\" text-anchor=\"end\">0</text>\
         {dates}<path class=\"wl\" d=\"{path}\"/>{marks}</svg>",
        HEIGHT + 10.0,
        escape_html(name),
        escape_html(&format(highest)),
        b = HEIGHT - 8.0,
        l = LEFT - 5.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_with_too_few_rows_are_hollow_and_out_of_scale() {
        let dot = |value, is_few| Dot {
            value: Some(value),
            is_few,
            severity: Severity::Stable,
            date: "2026-10-01".to_owned(),
            title: "a < b".to_owned(),
        };
        let drawn = line(&[dot(0.5, false), dot(9.0, true), dot(0.25, false)], "x", |value| format!("{value}"));
        assert!(drawn.contains(">0.5</text>"), "the scale is that of the others: {drawn}");
        assert!(drawn.contains("<title>a &#60; b</title><circle class=\"h\" cx=\"182.0\" cy=\"8.0\""), "{drawn}");
        assert!(drawn.contains("d=\"M50.0 8.0M314.0 42.0\""), "the line has a gap: {drawn}");
        let few = line(&[dot(9.0, true)], "x", |value| format!("{value}"));
        assert!(few.contains(">9</text>") && few.contains("class=\"h\""), "{few}");
    }
}
