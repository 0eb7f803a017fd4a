//! The story: what one run does from beginning to end. Read `check.rs` first.

mod check;
mod explained;
mod learn;
mod lookout;
mod score;
mod tell;
mod weigh;
mod whole;

pub use check::{Asked, Checked, Looking, check};
pub use learn::{Lesson, learn};
pub use score::{Output, Scoring, score};
