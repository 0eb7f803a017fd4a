//! Bars of reference and window as a small PNG for email, where SVG is not supported.

use std::fmt::Write as _;

use resvg::{tiny_skia, usvg};
use vigie_stats::BinRole;

use crate::drift::{BinCount, HistogramStep};

/// An image without text, legible on light and dark backgrounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub png: Vec<u8>,
    /// In CSS pixels; the PNG has twice the resolution for high-density screens.
    pub width: u32,
    pub height: u32,
}

const WIDTH: f64 = 536.0;
const HEIGHT: f64 = 72.0;
/// Limits the bar width when there are few bins.
const MAX_SLOT: f64 = 56.0;
/// Gap between value bins and special bins (missing, unseen, out of range), in slots.
const GAP: f64 = 0.5;
/// The reference is outlined in grey, the window filled in blue: distinguishable without colour.
const REFERENCE: &str = "#7f8b9d";
const WINDOW: &str = "#2f7df6";

struct BarPair {
    reference: f64,
    window: f64,
    is_special: bool,
}

/// Draws the bins of a feature; heights are shares of the rows on each side. Returns `None` without bins.
#[must_use]
pub fn picture_of_bins(bins: &[BinCount], n_reference: u64, n_window: u64) -> Option<Picture> {
    draw(bins.iter().map(|bin| BarPair {
        reference: share(bin.reference, n_reference),
        window: share(bin.window, n_window),
        is_special: bin.kind.role() == BinRole::Special,
    }))
}

/// Draws the score histogram.
#[must_use]
pub fn picture_of_score(steps: &[HistogramStep]) -> Option<Picture> {
    let total = |rows: fn(&HistogramStep) -> u64| steps.iter().map(rows).sum();
    let (n_reference, n_window): (u64, u64) = (total(|step| step.reference), total(|step| step.window));
    draw(steps.iter().map(|step| BarPair {
        reference: share(step.reference, n_reference),
        window: share(step.window, n_window),
        is_special: false,
    }))
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(rows: u64, total: u64) -> f64 {
    rows as f64 / (total as f64).max(1.0)
}

fn draw(bars: impl Iterator<Item = BarPair>) -> Option<Picture> {
    let (special, values): (Vec<BarPair>, Vec<BarPair>) = bars.partition(|bar| bar.is_special);
    let top = values.iter().chain(&special).fold(0.0f64, |top, bar| top.max(bar.reference).max(bar.window));
    if top <= 0.0 {
        return None;
    }
    let gap = if values.is_empty() || special.is_empty() { 0.0 } else { GAP };
    #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
    let slots = (values.len() + special.len()) as f64 + gap;
    let slot = (WIDTH / slots).min(MAX_SLOT);
    let (mut reference, mut window) = (String::new(), String::new());
    let bars = values.iter().enumerate().map(|(index, bar)| (index, 0.0, bar));
    let bars = bars.chain(special.iter().enumerate().map(|(index, bar)| (values.len() + index, gap, bar)));
    for (index, gap, bar) in bars {
        #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
        let x = (index as f64 + gap) * slot;
        rectangle(&mut reference, x + 0.10 * slot, 0.38 * slot, bar.reference / top);
        rectangle(&mut window, x + 0.52 * slot, 0.38 * slot, bar.window / top);
    }
    let base = HEIGHT - 1.0;
    let width = slots * slot;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\">\
         <path d=\"{reference}\" fill=\"{REFERENCE}\" fill-opacity=\".3\" stroke=\"{REFERENCE}\"/>\
         <path d=\"{window}\" fill=\"{WINDOW}\"/>\
         <path d=\"M0 {base}h{width:.1}\" stroke=\"{REFERENCE}\"/></svg>"
    );
    render(&svg)
}

/// Adds a bar on the base line.
fn rectangle(path: &mut String, x: f64, width: f64, share_of_top: f64) {
    if share_of_top > 0.0 {
        // Non-zero shares are drawn at least one pixel high.
        let height = (share_of_top * (HEIGHT - 3.0)).max(1.0);
        let _ = write!(path, "M{x:.2} {}v-{height:.2}h{width:.2}v{height:.2}z", HEIGHT - 1.0);
    }
}

fn render(svg: &str) -> Option<Picture> {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default()).ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "constants of a few hundred")]
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let mut pixels = tiny_skia::Pixmap::new(width * 2, height * 2)?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    Some(Picture { png: pixels.encode_png().ok()?, width, height })
}
