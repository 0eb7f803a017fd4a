//! Pictures as inline SVG: no style attribute, no script, so that they pass a strict content policy; colours are classes of the page.

mod bars;
mod calendar;
mod columns;
mod density;
mod line;
mod map;
mod mark;
mod percentiles;
mod spark;

pub(super) use bars::bars;
pub(super) use calendar::{Day, calendar};
pub(super) use columns::{Column, columns};
pub(super) use density::density;
pub(super) use line::{Dot, line};
pub(super) use map::{Place, map};
pub(super) use mark::{icon, symbols};
pub(super) use percentiles::{Hour, percentiles};
pub(super) use spark::{last, spark};
