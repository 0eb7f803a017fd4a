//! The story: what one run does from beginning to end. Read `check.rs` first.

mod attribution;
mod check;
mod connect;
mod explain;
mod explained;
mod given;
mod importance;
mod learn;
mod lookout;
mod model;
mod needs;
mod open_alerts;
mod performance;
mod rebuild;
mod replay;
mod rescore;
mod rows;
mod score;
mod settle;
mod tally;
mod tell;
mod training;
mod weigh;
mod whole;

pub use check::{Asked, Checked, Looking, check, examine, publish};
pub use connect::{Connected, connect};
pub use explain::{Asked as ExplainAsked, Explained, Logged, explain};
pub use learn::{Lesson, import, learn};
pub use open_alerts::{index, open_alerts};
pub use rebuild::rebuild;
pub use replay::{Range, Replayed, replay};
pub use score::{Output, Scoring, score};
pub use settle::{Compose, Result, Settled, Tried, settle};
pub use tally::tally;
pub use training::STORED;
