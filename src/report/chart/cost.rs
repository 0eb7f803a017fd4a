//! What each threshold would cost: a line, the threshold in use, the cheapest with what chance leaves it.

use std::fmt::Write as _;

use super::mark::escaped;
use crate::{performance::CostCurve, report::Language};

const WIDE: f64 = 480.0;
const TALL: f64 = 170.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 18.0;

pub(in crate::report) fn cost(curve: &CostCurve, language: Language) -> String {
    let top = curve.points.iter().fold(1e-9f64, |top, point| top.max(point.per_1000));
    let x = |threshold: f64| LEFT + threshold.clamp(0.0, 1.0) * (WIDE - LEFT - 8.0);
    let y = |cost: f64| TOP + (1.0 - cost / top) * (TALL - TOP);
    let mut path = String::new();
    for (place, point) in curve.points.iter().enumerate() {
        let letter = if place == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{:.1} {:.1}", x(point.threshold), y(point.per_1000));
    }
    let name = language.pick(
        "Cost per 1,000 rows of the reference by threshold",
        "Coût pour 1 000 lignes de la référence selon le seuil",
    );
    let (low, high) = (x(curve.near.low.unwrap_or(1.0)), x(curve.near.high.unwrap_or(1.0)));
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"r\" x=\"{low:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/>\
         <path class=\"wl\" d=\"{path}\"/><path class=\"a\" d=\"M{LEFT} {TALL}H{:.1}\"/>",
        TALL + 18.0,
        escaped(name),
        (high - low).max(1.0),
        TALL - TOP,
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
    for (cost, at) in [(top, TOP + 8.0), (0.0, TALL)] {
        let text = escaped(&language.number(cost));
        let _ =
            write!(out, "<text class=\"t\" x=\"{:.1}\" y=\"{at:.1}\" text-anchor=\"end\">{text}</text>", LEFT - 5.0);
    }
    if let Some(cheapest) = curve.cheapest.threshold {
        let _ = write!(out, "<circle class=\"w\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>", x(cheapest), y(curve.least));
    }
    let threshold = curve.terms.threshold;
    if (0.0..=1.0).contains(&threshold) {
        let at = x(threshold);
        let label = format!("{} {}", language.threshold(), language.number_plain(threshold));
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
