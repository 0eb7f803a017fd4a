//! What a run says, in JSON for machines and in HTML for people: words and pictures, no new numbers.

mod chart;
mod context;
mod document;
mod index;
mod page;
mod report;
mod words;

pub use chart::picture::{Picture, picture_of_bins, picture_of_score};
pub use context::Context;
pub use document::{Feature, Head, Performed, Point, SegmentPoint, json::to_json};
pub use index::{
    index::{Index, Listed, OpenAlert, to_index},
    summary::{Rerun, Summary, to_summary_html, to_summary_json},
};
pub use page::{cost_curve::to_value as cost_curve_to_value, html::to_html, score_shift::score_shift_sentence};
pub use report::{Apart, Examined, Model, Report, Run};
pub use words::{Language, Unreported, alert_in_french, failure_in_french, reason, verdict_in, verdict_sentence};
