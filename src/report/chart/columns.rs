//! Counts side by side, a part of each marked: requests by hour with those that failed.

use std::fmt::Write as _;

use super::mark::escaped;

/// One column.
pub(crate) struct Column {
    /// Beneath the axis; may be empty.
    pub label: String,
    /// On hover, and for a screen reader.
    pub title: String,
    pub all: u64,
    pub part: u64,
}

const WIDE: f64 = 480.0;
const TALL: f64 = 110.0;
const LEFT: f64 = 34.0;

/// `top` is written at the height of the highest column.
pub(crate) fn columns(columns: &[Column], name: &str, top: &str) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let number = |count: u64| count as f64;
    let highest = number(columns.iter().map(|column| column.all).max().unwrap_or(0)).max(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
    let step = (WIDE - LEFT) / columns.len().max(1) as f64;
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDE} {:.0}\" role=\"img\" aria-label=\"{}\"><text class=\"t\" x=\"{:.0}\" y=\"10\" text-anchor=\"end\">{}</text>",
        TALL + 16.0,
        escaped(name),
        LEFT - 4.0,
        escaped(top)
    );
    for (place, column) in columns.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
        let x = LEFT + place as f64 * step;
        let wide = (step - 2.0).clamp(1.0, 40.0);
        let bar = |count: u64| {
            let tall = if count == 0 { 0.0 } else { (number(count) / highest * TALL).max(1.0) };
            format!("M{x:.1} {TALL}v-{tall:.1}h{wide:.1}v{tall:.1}z")
        };
        let _ =
            write!(out, "<g><title>{}</title><path class=\"w\" d=\"{}\"/>", escaped(&column.title), bar(column.all));
        if column.part > 0 {
            let _ = write!(out, "<path class=\"f\" d=\"{}\"/>", bar(column.part));
        }
        out.push_str("</g>");
        if !column.label.is_empty() {
            let _ = write!(
                out,
                "<text class=\"t\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                x + wide / 2.0,
                TALL + 13.0,
                escaped(&column.label)
            );
        }
    }
    let _ = write!(out, "<path class=\"a\" d=\"M{LEFT} {TALL}H{WIDE}\"/></svg>");
    out
}
