//! The story: what one run does from beginning to end. Read `check.rs` first.

mod check;
mod connect;
mod learn;
mod lookout;
mod rebuild;
mod score;
mod settle;
mod tell;
mod training;
mod weigh;
mod whole;

pub use check::{Asked, Checked, Looking, check, examine, publish};
pub use connect::{Connected, connect};
pub use learn::{Lesson, import, learn};
pub use rebuild::rebuild;
pub use score::{Output, Scoring, score};
pub use settle::{Compose, Result, Settled, Tried, settle};
pub use training::STORED;
