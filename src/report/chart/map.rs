//! Every feature as a mark: how much it matters against how far it has moved.

use std::fmt::Write as _;

use super::mark::{escaped, mark};
use crate::{
    judge::{Limits, Severity},
    report::words::Language,
};

/// A feature on the map.
pub(crate) struct Place {
    pub name: String,
    pub link: String,
    /// Importance, or the rank when that is not known.
    pub across: f64,
    pub psi: f64,
    pub severity: Severity,
}

const WIDE: f64 = 520.0;
const TALL: f64 = 280.0;
const LEFT: f64 = 40.0;
const BOTTOM: f64 = 34.0;
/// Where the logarithmic axis begins; smaller values stand on it.
const LEAST: f64 = 0.001;
/// Labels beyond these would hide each other.
const LABELS: usize = 8;

/// `by_rank`: the first place is the left one; else importance grows to the right, as the square root.
pub(crate) fn map(places: &[Place], by_rank: bool, limits: Limits, language: Language) -> String {
    let highest = places.iter().map(|place| place.psi).fold(1.0, f64::max) * 1.3;
    let furthest = places.iter().map(|place| place.across).fold(0.0, f64::max).max(1e-12);
    let x = |across: f64| {
        let part = across / furthest;
        LEFT + 12.0 + if by_rank { part } else { part.max(0.0).sqrt() } * (WIDE - LEFT - 30.0)
    };
    let y = |psi: f64| {
        let part = (psi.max(LEAST) / LEAST).ln() / (highest / LEAST).ln();
        8.0 + (1.0 - part) * (TALL - BOTTOM - 8.0)
    };
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {TALL}\" role=\"group\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{b}H{WIDE}\"/>",
        escaped(language.map()),
        b = TALL - BOTTOM
    );
    for tick in [0.001, 0.01, 0.1, 1.0, 10.0] {
        if tick < highest {
            let _ = write!(
                out,
                "<text class=\"t\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 5.0,
                y(tick) + 4.0,
                language.number_plain(tick)
            );
        }
    }
    for (limit, severity) in [(limits.watch, Severity::Watch), (limits.alarm, Severity::Alarm)] {
        if let Some(limit) = limit.filter(|limit| *limit > LEAST && *limit < highest) {
            let at = y(limit);
            let _ = write!(
                out,
                "<path class=\"g {}\" d=\"M{LEFT} {at:.1}H{WIDE}\"/><text class=\"t\" x=\"{WIDE}\" y=\"{:.1}\" text-anchor=\"end\">{} {}</text>",
                severity.word(),
                at - 3.0,
                language.severity_word(severity),
                language.number_plain(limit)
            );
        }
    }
    let _ = write!(
        out,
        "<text class=\"t\" x=\"{WIDE}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"6\" y=\"{:.0}\">PSI</text>",
        TALL - 8.0,
        if by_rank { language.rank_axis() } else { language.importance_axis() },
        TALL - 8.0
    );
    // Stable ones first: what moved lies on top.
    let mut order: Vec<&Place> = places.iter().collect();
    order.sort_by_key(|place| place.severity);
    for place in &order {
        let title = escaped(&format!("{}: PSI {}", place.name, language.number(place.psi)));
        let is_drift = place.severity.is_drift();
        if is_drift {
            let _ = write!(out, "<a href=\"{}\" aria-label=\"{title}\">", place.link);
        } else {
            out.push_str("<g>");
        }
        let _ = write!(out, "<title>{title}</title>");
        mark(&mut out, place.severity, x(place.across), y(place.psi), if is_drift { 7.0 } else { 4.5 });
        out.push_str(if is_drift { "</a>" } else { "</g>" });
    }
    labels(&mut out, &order, x, y);
    out.push_str("</svg>");
    out
}

/// Names beside the marks that moved, each where it hides no other.
fn labels(out: &mut String, order: &[&Place], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
    let moved = || order.iter().rev().filter(|place| place.severity.is_drift());
    // The marks themselves are in the way of names.
    let mut taken: Vec<(f64, f64, f64)> =
        moved().map(|place| (x(place.across) - 8.0, x(place.across) + 8.0, y(place.psi))).collect();
    for place in moved().take(LABELS) {
        let name: String = place.name.chars().take(26).collect();
        #[expect(clippy::cast_precision_loss, reason = "a short name")]
        let wide = name.chars().count() as f64 * 8.2;
        let (at, level) = (x(place.across), y(place.psi));
        let right = at + 10.0 + wide < WIDE;
        let start = if right { at + 10.0 } else { (at - 10.0 - wide).max(0.0) };
        let free = |level: f64| {
            taken.iter().all(|(from, to, line)| start > *to || start + wide < *from || (line - level).abs() > 12.0)
        };
        let Some(level) = [0.0, -13.0, 13.0, -26.0, 26.0, 39.0]
            .into_iter()
            .map(|shift| level + shift)
            .find(|level| free(*level) && *level > 8.0)
        else {
            continue;
        };
        taken.push((start, start + wide, level));
        let _ = write!(
            out,
            "<text class=\"n\" x=\"{start:.1}\" y=\"{:.1}\" aria-hidden=\"true\">{}</text>",
            level + 4.0,
            escaped(&name)
        );
    }
}
