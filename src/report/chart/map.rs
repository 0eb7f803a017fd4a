//! Scatter chart of all features: PSI by importance.

use std::fmt::Write as _;

use super::mark::{escape_html, mark};
use crate::{
    judge::{Limits, Severity},
    report::words::Language,
};

/// A feature on the map.
pub(crate) struct MapPoint {
    pub name: String,
    pub link: String,
    /// Importance, or the rank if importance is unknown.
    pub x: f64,
    pub psi: f64,
    pub severity: Severity,
}

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 34.0;
/// Lower end of the logarithmic axis; smaller values are drawn there.
const MIN_PSI: f64 = 0.001;

/// With `by_rank`, the first feature is on the left. Otherwise importance grows to the right, by its square root.
pub(crate) fn map(points: &[MapPoint], by_rank: bool, limits: Limits, language: Language) -> String {
    let highest = points.iter().map(|point| point.psi).fold(1.0, f64::max) * 1.3;
    let furthest = points.iter().map(|point| point.x).fold(0.0, f64::max).max(1e-12);
    let x = |value: f64| {
        let part = value / furthest;
        LEFT + 12.0 + if by_rank { part } else { part.max(0.0).sqrt() } * (WIDTH - LEFT - 30.0)
    };
    let y = |psi: f64| {
        let part = (psi.max(MIN_PSI) / MIN_PSI).ln() / (highest / MIN_PSI).ln();
        8.0 + (1.0 - part) * (HEIGHT - BOTTOM - 8.0)
    };
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"group\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} 4V{b}H{WIDTH}\"/>",
        escape_html(language.labels().map),
        b = HEIGHT - BOTTOM
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
        if let Some(limit) = limit.filter(|limit| *limit > MIN_PSI && *limit < highest) {
            let at = y(limit);
            let _ = write!(
                out,
                "<path class=\"g {}\" d=\"M{LEFT} {at:.1}H{WIDTH}\"/><text class=\"t\" x=\"{WIDTH}\" y=\"{:.1}\" text-anchor=\"end\">{} {}</text>",
                severity.word(),
                at - 3.0,
                language.severity_word(severity),
                language.number_plain(limit)
            );
        }
    }
    let _ = write!(
        out,
        "<text class=\"t\" x=\"{WIDTH}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><text class=\"t\" x=\"6\" y=\"{:.0}\">PSI</text>",
        HEIGHT - 8.0,
        if by_rank { language.labels().rank_axis } else { language.labels().importance_axis },
        HEIGHT - 8.0
    );
    // Stable features first, so that drifted ones are drawn on top.
    let mut order: Vec<&MapPoint> = points.iter().collect();
    order.sort_by_key(|point| point.severity);
    for point in &order {
        let title = escape_html(&format!("{}{} PSI {}", point.name, language.colon(), language.number(point.psi)));
        let is_drift = point.severity.is_drift();
        if is_drift {
            let _ = write!(out, "<a href=\"{}\" aria-label=\"{title}\">", point.link);
        } else {
            out.push_str("<g>");
        }
        let _ = write!(out, "<title>{title}</title>");
        mark(&mut out, point.severity, x(point.x), y(point.psi), if is_drift { 7.0 } else { 4.5 });
        out.push_str(if is_drift { "</a>" } else { "</g>" });
    }
    for labels in [ON_WIDE_SCREENS, ON_PHONES] {
        labels.draw(&mut out, &order, x, y);
    }
    out.push_str("</svg>");
    out
}

/// Labels for screens of one kind. Letters are measured in units of the chart: on a phone, where the whole chart is smaller, they
/// are larger in proportion.
struct Labels {
    /// Maximum number; more would overlap.
    most: usize,
    width: f64,
    height: f64,
    class: &'static str,
}

const ON_WIDE_SCREENS: Labels = Labels { most: 8, width: 8.2, height: 13.0, class: "n wide" };
const ON_PHONES: Labels = Labels { most: 4, width: 11.6, height: 18.0, class: "n slim" };

impl Labels {
    /// Labels the drifted features, each where it overlaps no other label or mark.
    fn draw(&self, out: &mut String, order: &[&MapPoint], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
        let drifted = || order.iter().rev().filter(|point| point.severity.is_drift());
        // Labels must not cover marks either.
        let mut taken: Vec<(f64, f64, f64)> =
            drifted().map(|point| (x(point.x) - 8.0, x(point.x) + 8.0, y(point.psi))).collect();
        for point in drifted().take(self.most) {
            let name: String = point.name.chars().take(26).collect();
            #[expect(clippy::cast_precision_loss, reason = "a short name")]
            let width = name.chars().count() as f64 * self.width;
            let (at, level) = (x(point.x), y(point.psi));
            let is_right = at + 10.0 + width < WIDTH;
            let start = if is_right { at + 10.0 } else { (at - 10.0 - width).max(0.0) };
            let free = |level: f64| {
                let is_apart = |(from, to, line): &(f64, f64, f64)| {
                    start > *to || start + width < *from || (line - level).abs() > self.height - 1.0
                };
                level > 8.0 && taken.iter().all(is_apart)
            };
            let mut levels = [0.0, -1.0, 1.0, -2.0, 2.0, 3.0].into_iter().map(|lines| level + lines * self.height);
            let Some(level) = levels.find(|level| free(*level)) else { continue };
            taken.push((start, start + width, level));
            let (edge, anchor) = if is_right { (start, "start") } else { (start + width, "end") };
            let _ = write!(
                out,
                "<text class=\"{}\" x=\"{edge:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" aria-hidden=\"true\">{}</text>",
                self.class,
                level + 4.0,
                escape_html(&name)
            );
        }
    }
}
