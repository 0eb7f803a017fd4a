//! Renders a run as JSON and HTML. Only wording and charts live here; every number comes from the run.

mod chart;
mod context;
mod document;
mod index;
mod page;
mod report;
mod words;

pub use chart::picture::{Picture, picture_of_bins, picture_of_score};
pub use context::Context;
pub use document::{FeaturePoint, Head, PerformancePoint, SegmentPoint, TrendPoint, json::to_json};
pub use index::{
    index::{ListedReport, OpenAlert, ReportIndex, to_index},
    summary::{ReplaySummary, ReplayedWindow, to_summary_html, to_summary_json},
};
pub use page::{cost_curve::to_value as cost_curve_to_value, html::to_html, score_shift::score_shift_sentence};
pub use report::{ExaminedWindow, MonitoredModel, Report, Run, SegmentReport};
pub use words::{Language, Words, verdict_in, verdict_sentence};
