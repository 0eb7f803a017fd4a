//! Decisions: what follows from a score, what the log's words mean, and counts of the two against each other.

mod event;
mod fold;
mod rule;
mod tally;
mod words;

pub use fold::folded_word;
pub use rule::{DecisionRule, HighScore};
pub use tally::{AgainstScore, DecisionTally, ScoreCell};
pub use words::{DecisionWord, DecisionWords};
