//! The story: what one run does from beginning to end. Read `check.rs` first.

mod attribution;
mod check;
mod explain;
mod explained;
mod given;
mod importance;
mod learn;
mod lookout;
mod model;
mod needs;
mod replay;
mod rescore;
mod rows;
mod score;
mod tell;
mod weigh;
mod whole;

pub use check::{Asked, Checked, Looking, check};
pub use explain::{Asked as ExplainAsked, Explained, Logged, explain};
pub use learn::{Lesson, learn};
pub use replay::{Range, Replayed, replay};
pub use score::{Output, Scoring, score};
