//! Column chart of counts with a highlighted part: requests by hour, with failed ones marked.

use std::fmt::Write as _;

use super::mark::escape_html;

/// A count with a highlighted part.
pub(crate) struct CountColumn {
    /// Label below the axis; may be empty.
    pub label: String,
    /// Tooltip and accessible name.
    pub title: String,
    pub total: u64,
    pub part: u64,
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 110.0;
const LEFT: f64 = 46.0;

/// `top` is the axis label at the height of the tallest column.
pub(crate) fn columns(columns: &[CountColumn], name: &str, top: &str) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let number = |count: u64| count as f64;
    let highest = number(columns.iter().map(|column| column.total).max().unwrap_or(0)).max(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
    let step = (WIDTH - LEFT) / columns.len().max(1) as f64;
    let mut out = format!(
        "<svg class=\"c\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{}\"><text class=\"t\" x=\"{:.0}\" y=\"10\" text-anchor=\"end\">{}</text>",
        HEIGHT + 16.0,
        escape_html(name),
        LEFT - 4.0,
        escape_html(top)
    );
    for (index, column) in columns.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
        let x = LEFT + index as f64 * step;
        let width = (step - 2.0).clamp(1.0, 40.0);
        let bar = |count: u64| {
            let height = if count == 0 { 0.0 } else { (number(count) / highest * HEIGHT).max(1.0) };
            format!("M{x:.1} {HEIGHT}v-{height:.1}h{width:.1}v{height:.1}z")
        };
        let _ = write!(
            out,
            "<g><title>{}</title><path class=\"w\" d=\"{}\"/>",
            escape_html(&column.title),
            bar(column.total)
        );
        if column.part > 0 {
            let _ = write!(out, "<path class=\"f\" d=\"{}\"/>", bar(column.part));
        }
        out.push_str("</g>");
        if !column.label.is_empty() {
            let _ = write!(
                out,
                "<text class=\"t\" x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
                x + width / 2.0,
                HEIGHT + 13.0,
                escape_html(&column.label)
            );
        }
    }
    let _ = write!(out, "<path class=\"a\" d=\"M{LEFT} {HEIGHT}H{WIDTH}\"/></svg>");
    out
}
