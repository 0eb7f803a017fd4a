//! Machine-readable output: `report.json` and the trend file next to it.

mod from_report;
pub(crate) mod json;
pub(crate) mod performance;
pub(crate) mod performance_point;
pub(crate) mod redact;
pub(crate) mod segments;
mod trend_point;

pub use performance_point::PerformancePoint;
pub use trend_point::{FeaturePoint, Head, SegmentPoint, TrendPoint};
