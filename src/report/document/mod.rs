//! `report.json` and the files beside it: what machines read.

pub(crate) mod discreet;
pub(crate) mod json;
pub(crate) mod performance;
pub(crate) mod performed;
pub(crate) mod point;
pub(crate) mod segments;

pub use performed::Performed;
pub use point::{Feature, Head, Point, SegmentPoint};
