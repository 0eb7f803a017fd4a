//! The story: what one run does from beginning to end. Read `check.rs` first.

mod check;
mod connect;
mod learn;
mod lookout;
mod score;
mod tell;
mod weigh;
mod whole;

pub use check::{Asked, Checked, Looking, check};
pub use connect::{Connected, connect};
pub use learn::{Lesson, STORED, import, learn};
pub use score::{Output, Scoring, score};
