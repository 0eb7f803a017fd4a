//! The story: what one run does from beginning to end. Read `check.rs` first.

mod check;
mod learn;
mod lookout;
mod rebuild;
mod score;
mod settle;
mod tally;
mod tell;
mod weigh;
mod whole;

pub use check::{Asked, Checked, Looking, check, examine, publish};
pub use learn::{Lesson, learn};
pub use rebuild::rebuild;
pub use score::{Output, Scoring, score};
pub use settle::{Compose, Result, Settled, Tried, settle};
pub use tally::tally;
