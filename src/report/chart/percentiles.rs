//! Latency by hour of the day: a bar from the median to p99, with p95 as a tick, and the limit.

use std::fmt::Write as _;

use super::mark::escaped;
use crate::{
    judge::{Limits, Severity},
    report::words::Language,
};

/// An hour, 0 to 23; milliseconds.
pub(crate) struct Hour {
    pub of_day: usize,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

const WIDE: f64 = 480.0;
const TALL: f64 = 110.0;
const LEFT: f64 = 46.0;

/// Empty without hours.
pub(crate) fn percentiles(hours: &[Hour], limits: Limits, language: Language) -> String {
    let highest = hours.iter().map(|hour| hour.p99).fold(0.0, f64::max);
    if hours.is_empty() {
        return String::new();
    }
    // A limit far above all there is would press it flat.
    let near = |limit: &f64| *limit < highest * 3.0;
    let shown = [(Severity::Watch, limits.watch), (Severity::Alarm, limits.alarm)];
    let lines: Vec<(Severity, f64)> =
        shown.into_iter().filter_map(|(severity, limit)| Some((severity, limit.filter(near)?))).collect();
    let top = lines.iter().map(|(_, limit)| *limit).fold(highest, f64::max).max(1e-3) * 1.05;
    let y = |value: f64| 8.0 + (1.0 - value / top) * (TALL - 8.0);
    let step = (WIDE - LEFT) / 24.0;
    #[expect(clippy::cast_precision_loss, reason = "an hour of the day")]
    let x = |hour: usize| LEFT + hour as f64 * step;
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-label=\"{}\"><path class=\"a\" d=\"M{LEFT} {TALL}H{WIDE}\"/>\
         <text class=\"t\" x=\"{l:.0}\" y=\"{TALL}\" text-anchor=\"end\">0</text>\
         <text class=\"t\" x=\"{l:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        TALL + 16.0,
        escaped(language.latency_by_hour()),
        y(highest) + 4.0,
        language.milliseconds(Some(highest)),
        l = LEFT - 5.0,
    );
    for (severity, limit) in lines {
        let at = y(limit);
        let _ = write!(
            out,
            "<path class=\"g {}\" d=\"M{LEFT} {at:.1}H{WIDE}\"/><text class=\"t\" x=\"{WIDE}\" y=\"{:.1}\" text-anchor=\"end\">p95: {} {}</text>",
            severity.word(),
            at - 3.0,
            language.severity_word(severity),
            language.number_plain(limit)
        );
    }
    for Hour { of_day: hour, p50, p95, p99 } in hours {
        let (left, wide) = (x(*hour), step - 4.0);
        let ms = |value: f64| language.milliseconds(Some(value));
        let _ = write!(
            out,
            "<g><title>{hour:02} h: p50 {}, p95 {}, p99 {}</title><path class=\"r\" d=\"M{left:.1} {:.1}h{wide:.1}V{:.1}h-{wide:.1}z\"/>\
             <path class=\"wl\" d=\"M{left:.1} {:.1}h{wide:.1}\"/></g>",
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
            TALL + 13.0
        );
    }
    out.push_str("</svg>");
    out
}
