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
pub(crate) mod picture;
mod spark;

pub(crate) use band::{Kept, band};
pub(crate) use bars::bars;
pub(crate) use calendar::{Day, calendar};
pub(crate) use columns::{Column, columns};
pub(crate) use cost::cost;
pub(crate) use density::density;
pub(crate) use line::{Dot, line};
pub(crate) use map::{Place, map};
pub(crate) use mark::{escaped, icon, symbols};
pub(crate) use percentiles::{Hour, percentiles};
pub(crate) use spark::{last, spark};
