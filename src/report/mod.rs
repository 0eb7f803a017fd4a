//! What a run says, in JSON for machines and in HTML for people: words and pictures, no new numbers.

mod advice;
mod attribution;
mod challenger;
mod chart;
mod context;
mod discreet;
mod html;
mod index;
mod json;
mod language;
mod page;
mod performance;
mod phrases;
mod picture;
mod point;
mod reasons;
mod replay;
mod report;
mod summary;
mod way;
mod words;

pub use context::Context;
pub use html::to_html;
pub use index::{Index, Listed, OpenAlert, to_index};
pub use json::to_json;
pub use language::Language;
pub use picture::{Picture, picture_of_bins, picture_of_score};
pub use point::{Feature, Head, Point};
pub use reasons::{brief, reason};
pub use report::{Examined, Model, Report, Run};
pub use summary::{Rerun, Summary, to_summary_html, to_summary_json};
pub use words::{verdict_in, verdict_sentence};
