//! Bars of reference and window side by side, as one small inline SVG.

use std::fmt::Write as _;

use crate::drift::{BinCount, Step};

const BAR: f64 = 8.0;
const GAP: f64 = 6.0;
const HEIGHT: f64 = 90.0;

/// A picture of bins: heights are shares of each side. Numbers only, so nothing needs escaping.
pub(super) fn bars(bins: &[BinCount], n_reference: u64, n_window: u64) -> String {
    let rows: Vec<(u64, u64)> = bins.iter().map(|bin| (bin.reference, bin.window)).collect();
    drawn(&rows, n_reference, n_window)
}

/// The score in equal steps.
pub(super) fn histogram(steps: &[Step]) -> String {
    let rows: Vec<(u64, u64)> = steps.iter().map(|step| (step.reference, step.window)).collect();
    drawn(&rows, steps.iter().map(|step| step.reference).sum(), steps.iter().map(|step| step.window).sum())
}

fn drawn(bins: &[(u64, u64)], n_reference: u64, n_window: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| rows as f64 / (of as f64).max(1.0);
    let shares: Vec<(f64, f64)> =
        bins.iter().map(|(ours, theirs)| (share(*ours, n_reference), share(*theirs, n_window))).collect();
    let top = shares.iter().fold(0.0f64, |top, (a, b)| top.max(*a).max(*b)).max(1e-9);
    let (mut ours, mut theirs) = (String::new(), String::new());
    for (place, (reference, window)) in shares.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
        let x = place as f64 * (2.0 * BAR + GAP);
        bar(&mut ours, x, reference / top);
        bar(&mut theirs, x + BAR, window / top);
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
    let width = (bins.len() as f64 * (2.0 * BAR + GAP) - GAP).max(1.0);
    let title = format!("highest bar {}", crate::judge::percent(top));
    format!(
        "<svg class=\"bars\" viewBox=\"0 0 {width} {HEIGHT}\" style=\"max-width:{}px\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"{title}\"><path class=\"ref\" d=\"{ours}\"/><path class=\"win\" d=\"{theirs}\"/></svg>",
        (width * 1.6).min(900.0)
    )
}

fn bar(path: &mut String, x: f64, height: f64) {
    if height > 0.0 {
        // A row that is there is seen, be it a hair's breadth.
        let tall = (height * HEIGHT).max(0.8);
        let _ = write!(path, "M{x} {HEIGHT}v-{tall:.1}h{BAR}v{tall:.1}z");
    }
}
