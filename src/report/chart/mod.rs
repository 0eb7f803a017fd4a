//! Pictures as inline SVG: no style attribute, no script, so that they pass a strict content policy; colours are classes of the page.

mod band;
mod bars;
mod calendar;
mod columns;
mod cost;
mod density;
mod frame;
mod line;
mod map;
mod mark;
mod percentiles;
mod spark;

pub(super) use band::{Kept, band};
pub(super) use bars::bars;
pub(super) use calendar::{Day, calendar};
pub(super) use columns::{Column, columns};
pub(super) use cost::cost;
pub(super) use density::density;
pub(super) use line::{Dot, line};
pub(super) use map::{Place, map};
pub(super) use mark::{escaped, icon, symbols};
pub(super) use percentiles::{Hour, percentiles};
pub(super) use spark::{last, spark};
