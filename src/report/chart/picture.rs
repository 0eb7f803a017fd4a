//! Bars of reference and window as a small PNG: for mails, whose readers show no SVG.

use std::fmt::Write as _;

use resvg::{tiny_skia, usvg};
use vigie_stats::Place;

use crate::drift::{BinCount, Step};

/// A picture without text, to be read on light and on dark ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub png: Vec<u8>,
    /// In pixels of a page; the PNG holds twice as many, for sharp screens.
    pub width: u32,
    pub height: u32,
}

const WIDTH: f64 = 536.0;
const HEIGHT: f64 = 72.0;
/// Few bins need no fat bars.
const WIDEST_SLOT: f64 = 56.0;
/// Between bins of values and those for something values have no place for, in slots.
const GAP: f64 = 0.5;
/// The reference is hollow and grey, the window full and blue: told apart without colour too.
const REFERENCE: &str = "#7f8b9d";
const WINDOW: &str = "#2f7df6";

struct Bar {
    reference: f64,
    window: f64,
    is_apart: bool,
}

/// The bins of a feature; heights are shares of each side's rows. `None` without bins.
#[must_use]
pub fn picture_of_bins(bins: &[BinCount], n_reference: u64, n_window: u64) -> Option<Picture> {
    drawn(bins.iter().map(|bin| Bar {
        reference: share(bin.reference, n_reference),
        window: share(bin.window, n_window),
        is_apart: bin.kind.place() == Place::Special,
    }))
}

/// The score in equal steps.
#[must_use]
pub fn picture_of_score(steps: &[Step]) -> Option<Picture> {
    let all = |rows: fn(&Step) -> u64| steps.iter().map(rows).sum();
    let (n_reference, n_window): (u64, u64) = (all(|step| step.reference), all(|step| step.window));
    drawn(steps.iter().map(|step| Bar {
        reference: share(step.reference, n_reference),
        window: share(step.window, n_window),
        is_apart: false,
    }))
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(rows: u64, of: u64) -> f64 {
    rows as f64 / (of as f64).max(1.0)
}

fn drawn(bars: impl Iterator<Item = Bar>) -> Option<Picture> {
    let (apart, along): (Vec<Bar>, Vec<Bar>) = bars.partition(|bar| bar.is_apart);
    let top = along.iter().chain(&apart).fold(0.0f64, |top, bar| top.max(bar.reference).max(bar.window));
    if top <= 0.0 {
        return None;
    }
    let gap = if along.is_empty() || apart.is_empty() { 0.0 } else { GAP };
    #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
    let slots = (along.len() + apart.len()) as f64 + gap;
    let slot = (WIDTH / slots).min(WIDEST_SLOT);
    let (mut reference, mut window) = (String::new(), String::new());
    let places = along.iter().enumerate().map(|(place, bar)| (place, 0.0, bar));
    let places = places.chain(apart.iter().enumerate().map(|(place, bar)| (along.len() + place, gap, bar)));
    for (place, gap, bar) in places {
        #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
        let x = (place as f64 + gap) * slot;
        rectangle(&mut reference, x + 0.10 * slot, 0.38 * slot, bar.reference / top);
        rectangle(&mut window, x + 0.52 * slot, 0.38 * slot, bar.window / top);
    }
    let ground = HEIGHT - 1.0;
    let width = slots * slot;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\">\
         <path d=\"{reference}\" fill=\"{REFERENCE}\" fill-opacity=\".3\" stroke=\"{REFERENCE}\"/>\
         <path d=\"{window}\" fill=\"{WINDOW}\"/>\
         <path d=\"M0 {ground}h{width:.1}\" stroke=\"{REFERENCE}\"/></svg>"
    );
    rendered(&svg)
}

/// A bar that stands on the ground line.
fn rectangle(path: &mut String, x: f64, wide: f64, share_of_top: f64) {
    if share_of_top > 0.0 {
        // A row that is there is seen, be it a hair's breadth.
        let tall = (share_of_top * (HEIGHT - 3.0)).max(1.0);
        let _ = write!(path, "M{x:.2} {}v-{tall:.2}h{wide:.2}v{tall:.2}z", HEIGHT - 1.0);
    }
}

fn rendered(svg: &str) -> Option<Picture> {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default()).ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "constants of a few hundred")]
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let mut pixels = tiny_skia::Pixmap::new(width * 2, height * 2)?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    Some(Picture { png: pixels.encode_png().ok()?, width, height })
}
