//! Bins as pairs of bars, reference above window, one pair per row of the bins table.

use std::fmt::Write as _;

/// Height of a table row in pixels; keep in sync with style.css.
pub(crate) const ROW: usize = 22;

/// Takes the shares of reference and window, 0–1. The chart fills its cell; the longest bar spans it.
pub(crate) fn bars(shares: &[(f64, f64)]) -> String {
    let top = shares.iter().fold(0.0f64, |top, (a, b)| top.max(*a).max(*b)).max(1e-9);
    let height = shares.len() * ROW;
    let (mut reference, mut window) = (String::new(), String::new());
    for (row, (reference_share, window_share)) in shares.iter().enumerate() {
        bar(&mut reference, row * ROW + 4, 6, reference_share / top);
        bar(&mut window, row * ROW + 11, 8, window_share / top);
    }
    format!(
        "<svg viewBox=\"0 0 200 {height}\" preserveAspectRatio=\"none\" height=\"{height}\" aria-hidden=\"true\">\
         <path class=\"r\" d=\"{reference}\"/><path class=\"w\" d=\"{window}\"/></svg>"
    )
}

fn bar(path: &mut String, y: usize, height: usize, share: f64) {
    if share > 0.0 {
        // Non-zero shares are drawn at least one unit wide.
        let _ = write!(path, "M0 {y}h{:.0}v{height}H0z", (share * 200.0).max(1.0));
    }
}
