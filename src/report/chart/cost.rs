//! Cost by threshold: the curve, the threshold in use, and the cheapest threshold with its confidence range.

use std::fmt::Write as _;

use super::{
    frame::{AXIS_Y, Frame, TOP},
    mark::escape_html,
};
use crate::{performance::CostCurve, report::words::Language};

const FRAME: Frame = Frame { left: 46.0 };

pub(crate) fn cost(curve: &CostCurve, language: Language) -> String {
    let top = curve.points.iter().fold(1e-9f64, |top, point| top.max(point.per_1000));
    let x = |threshold: f64| FRAME.x(threshold.clamp(0.0, 1.0));
    let y = |cost: f64| Frame::y(cost / top);
    let mut path = String::new();
    for (index, point) in curve.points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{:.1} {:.1}", x(point.threshold), y(point.per_1000));
    }
    let name = language.labels().cost_curve_chart;
    let (low, high) = curve.near_range();
    let (low, high) = (x(low), x(high));
    let mut out = Frame::open(&escape_html(name));
    let _ = write!(
        out,
        "<rect class=\"r\" x=\"{low:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/><path class=\"wl\" d=\"{path}\"/>{}",
        (high - low).max(1.0),
        AXIS_Y - TOP,
        FRAME.axis(language)
    );
    for (cost, at) in [(top, TOP + 8.0), (0.0, AXIS_Y)] {
        let text = escape_html(&language.number(cost));
        let _ = write!(
            out,
            "<text class=\"t\" x=\"{:.1}\" y=\"{at:.1}\" text-anchor=\"end\">{text}</text>",
            FRAME.left - 5.0
        );
    }
    if let Some(cheapest) = curve.cheapest.threshold {
        let _ = write!(out, "<circle class=\"w\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>", x(cheapest), y(curve.least));
    }
    out.push_str(&FRAME.threshold(curve.terms.threshold, "", language));
    out.push_str("</svg>");
    out
}
