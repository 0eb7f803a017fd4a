//! What a run says, in JSON for machines and in HTML for people: words and pictures, no new numbers.

mod advice;
mod chart;
mod context;
mod html;
mod index;
mod json;
mod language;
mod page;
mod phrases;
mod point;
mod reasons;
mod report;
mod words;

pub use context::Context;
pub use html::to_html;
pub use index::{Index, Listed, OpenAlert, to_index};
pub use json::to_json;
pub use language::Language;
pub use point::{Feature, Head, Point};
pub use report::{Examined, Model, Report, Run};
pub use words::verdict_sentence;
