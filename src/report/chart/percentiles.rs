//! Latency by hour of the day: bars from the median to p99, a tick at p95, and the limits.

use std::fmt::Write as _;

use super::mark::escape_html;
use crate::{
    judge::{Limits, Severity},
    report::words::Language,
};

/// Latency percentiles of an hour of the day (0–23), in milliseconds.
pub(crate) struct Hour {
    pub of_day: usize,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 110.0;
const LEFT: f64 = 68.0;

/// Returns an empty string without hours.
pub(crate) fn percentiles(hours: &[Hour], limits: Limits, language: Language) -> String {
    let highest = hours.iter().map(|hour| hour.p99).fold(0.0, f64::max);
    if hours.is_empty() {
        return String::new();
    }
    // A limit far above all values would flatten the chart.
    let near = |limit: &f64| *limit < highest * 3.0;
    let limits = [(Severity::Watch, limits.watch), (Severity::Alarm, limits.alarm)];
    let lines: Vec<(Severity, f64)> =
        limits.into_iter().filter_map(|(severity, limit)| Some((severity, limit.filter(near)?))).collect();
    let top = lines.iter().map(|(_, limit)| *limit).fold(highest, f64::max).max(1e-3) * 1.05;
    let y = |value: f64| 8.0 + (1.0 - value / top) * (HEIGHT - 8.0);
    let step = (WIDTH - LEFT) / 24.0;
    #[expect(clippy::cast_precision_loss, reason = "an hour of the day")]
    let x = |hour: usize| LEFT + hour as f64 * step;
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} {HEIGHT}H{WIDTH}\"/>\
         <text class=\"t\" x=\"{l:.0}\" y=\"{HEIGHT}\" text-anchor=\"end\">0</text>\
         <text class=\"t\" x=\"{l:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        HEIGHT + 16.0,
        escape_html(language.labels().latency_by_hour),
        y(highest) + 4.0,
        language.milliseconds(Some(highest)),
        l = LEFT - 5.0,
    );
    for (severity, limit) in lines {
        let at = y(limit);
        let _ = write!(
            out,
            "<path class=\"g {}\" d=\"M{LEFT} {at:.1}H{WIDTH}\"/><text class=\"t\" x=\"{WIDTH}\" y=\"{:.1}\" text-anchor=\"end\">p95{} {} {}</text>",
            severity.word(),
            at - 3.0,
            language.colon(),
            language.severity_word(severity),
            language.number_plain(limit)
        );
    }
    for Hour { of_day: hour, p50, p95, p99 } in hours {
        let (left, width) = (x(*hour), step - 4.0);
        let ms = |value: f64| language.milliseconds(Some(value));
        let _ = write!(
            out,
            "<g><title>{hour:02} h{} p50 {}, p95 {}, p99 {}</title><path class=\"r\" d=\"M{left:.1} {:.1}h{width:.1}V{:.1}h-{width:.1}z\"/>\
             <path class=\"wl\" d=\"M{left:.1} {:.1}h{width:.1}\"/></g>",
            language.colon(),
            ms(*p50),
            ms(*p95),
            ms(*p99),
            y(*p99),
            y(*p50).max(y(*p99) + 1.0),
            y(*p95)
        );
    }
    for hour in (0..24).step_by(3) {
        let _ = write!(
            out,
            "<text class=\"t\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{hour:02}</text>",
            x(hour) + (step - 4.0) / 2.0,
            HEIGHT + 13.0
        );
    }
    out.push_str("</svg>");
    out
}
