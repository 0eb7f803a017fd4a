//! Bins as pairs of bars, reference above window, one pair a row of the table they stand in.

use std::fmt::Write as _;

/// The height of a row of the table, in pixels; style.css has it too.
pub(crate) const ROW: usize = 22;

/// Shares of both sides, 0–1. The picture is as wide as its cell; the longest bar fills it.
pub(crate) fn bars(shares: &[(f64, f64)]) -> String {
    let top = shares.iter().fold(0.0f64, |top, (a, b)| top.max(*a).max(*b)).max(1e-9);
    let height = shares.len() * ROW;
    let (mut reference, mut window) = (String::new(), String::new());
    for (row, (ours, theirs)) in shares.iter().enumerate() {
        bar(&mut reference, row * ROW + 4, 6, ours / top);
        bar(&mut window, row * ROW + 11, 8, theirs / top);
    }
    format!(
        "<svg viewBox=\"0 0 200 {height}\" preserveAspectRatio=\"none\" height=\"{height}\" aria-hidden=\"true\">\
         <path class=\"r\" d=\"{reference}\"/><path class=\"w\" d=\"{window}\"/></svg>"
    )
}

fn bar(path: &mut String, y: usize, tall: usize, share: f64) {
    if share > 0.0 {
        // A row that is there is seen, be it a hair's breadth.
        let _ = write!(path, "M0 {y}h{:.0}v{tall}H0z", (share * 200.0).max(1.0));
    }
}
