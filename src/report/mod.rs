//! What a run says, in JSON for machines and in HTML for people: words and pictures, no new numbers.

mod attribution;
mod challenger;
mod chart;
mod discreet;
mod html;
mod index;
mod json;
mod page;
mod performance;
mod picture;
mod replay;
mod report;
mod summary;
mod words;

pub use html::to_html;
pub use index::{IndexEntry, to_index};
pub use json::to_json;
pub use picture::{Picture, picture_of_bins, picture_of_score};
pub use report::{Examined, Model, Report, Run};
pub use summary::{Rerun, Summary, to_summary_html, to_summary_json};
pub use words::verdict_sentence;
