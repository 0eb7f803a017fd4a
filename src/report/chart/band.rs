//! Estimates by window as bands, with realised values as marks whose shape shows whether they are inside the band.

use std::fmt::Write as _;

use super::mark::{escape_html, mark};
use crate::judge::Severity;

/// Estimate and realised value of a window.
pub(crate) struct BandPoint {
    /// Tooltip.
    pub title: String,
    /// Estimate: value, low, high.
    pub band: Option<(f64, f64, f64)>,
    pub realised: Option<f64>,
    /// Whether the window has too few rows for a verdict. It is hollow and does not count for the scale.
    pub is_few: bool,
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 10.0;

/// `format` renders axis values. Returns an empty string if there is nothing to draw.
pub(crate) fn band(points: &[BandPoint], name: &str, format: impl Fn(f64) -> String) -> String {
    // If all windows have too few rows, they make the scale.
    let is_scaled = points.iter().any(|point| !point.is_few && (point.band.is_some() || point.realised.is_some()));
    let scaled = points.iter().filter(|point| !(is_scaled && point.is_few));
    let (least, greatest) = scaled
        .flat_map(|point| point.band.map(|band| [band.1, band.2]).into_iter().flatten().chain(point.realised))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if !(greatest - least).is_finite() {
        return String::new();
    }
    let range = if greatest > least { greatest - least } else { greatest.abs().max(1.0) };
    #[expect(clippy::cast_precision_loss, reason = "a few dozen windows")]
    let step = (WIDTH - LEFT - 24.0) / (points.len().max(2) - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few dozen windows")]
    let x = |index: usize| LEFT + 14.0 + index as f64 * step;
    let y = |value: f64| TOP + ((greatest - value) / range).clamp(0.0, 1.0) * (HEIGHT - TOP - 6.0);
    let (mut bands, mut middles, mut marks) = (String::new(), String::new(), String::new());
    let half = (step / 2.0).min(8.0);
    for (index, point) in points.iter().enumerate() {
        if let Some((value, low, high)) = point.band {
            let _ = write!(
                bands,
                "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
                if point.is_few { "h" } else { "r" },
                x(index) - half * 0.8,
                y(high),
                half * 1.6,
                (y(low) - y(high)).max(1.0),
                escape_html(&point.title)
            );
            let _ = write!(middles, "M{:.1} {:.1}h{:.1}", x(index) - half * 0.8, y(value), half * 1.6);
        }
        if let Some(realised) = point.realised {
            if point.is_few {
                let _ = write!(
                    marks,
                    "<circle class=\"h\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"><title>{}</title></circle>",
                    x(index),
                    y(realised),
                    escape_html(&point.title)
                );
                continue;
            }
            let is_inside = point.band.is_some_and(|(_, low, high)| (low..=high).contains(&realised));
            let _ = write!(marks, "<g><title>{}</title>", escape_html(&point.title));
            mark(&mut marks, if is_inside { Severity::Stable } else { Severity::Alarm }, x(index), y(realised), 5.0);
            marks.push_str("</g>");
        }
    }
    format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{HEIGHT}\"/>\
         <text class=\"t\" x=\"{l}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"{l}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
         {bands}<path class=\"a\" d=\"{middles}\"/>{marks}</svg>",
        escape_html(name),
        y(greatest) + 4.0,
        escape_html(&format(greatest)),
        y(greatest - range) + 2.0,
        escape_html(&format(greatest - range)),
        l = LEFT - 5.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_with_too_few_rows_are_hollow_and_out_of_scale() {
        let point = |low, high, is_few| BandPoint {
            title: "x".to_owned(),
            band: Some((f64::midpoint(low, high), low, high)),
            realised: Some(low),
            is_few,
        };
        let drawn = band(&[point(400.0, 600.0, false), point(3.0, 1_045.0, true)], "x", |value| format!("{value}"));
        assert!(drawn.contains(">600</text>") && drawn.contains(">400</text>"), "{drawn}");
        assert_eq!(drawn.matches("class=\"h\"").count(), 2, "{drawn}");
        let few = band(&[point(3.0, 1_045.0, true)], "x", |value| format!("{value}"));
        assert!(few.contains(">1045</text>"), "{few}");
    }
}
