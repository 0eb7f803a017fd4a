//! Charts as inline SVG. They use the classes of the page instead of style attributes and scripts, so that they work
//! under a strict content security policy.

mod band;
mod bars;
mod calendar;
mod calibration;
mod columns;
mod cost;
mod density;
mod frame;
mod history;
mod line;
mod map;
mod mark;
mod percentiles;
pub(crate) mod picture;
mod sparkline;

pub(crate) use band::{BandPoint, band};
pub(crate) use bars::bars;
pub(crate) use calendar::{Day, calendar};
pub(crate) use calibration::calibration;
pub(crate) use columns::{CountColumn, columns};
pub(crate) use cost::cost;
pub(crate) use density::density;
pub(crate) use history::history;
pub(crate) use line::{Dot, line};
pub(crate) use map::{MapPoint, map};
pub(crate) use mark::{escape_html, icon, symbols};
pub(crate) use percentiles::{Hour, percentiles};
pub(crate) use sparkline::{last_windows, sparkline};
