//! Rows that come again: a keyed hash of some features of each row, by block of features, sampled so that two windows can be
//! compared. A source that repeats yesterday's answers moves no distribution, but its rows are not new.

mod hash;
mod plan;
mod sketch;
mod tally;

pub use plan::{HashedBlock, RepeatPlan};
pub use sketch::{CommonRows, RepeatedRows, RowSketch, SKETCH_SIZE};
pub use tally::RepeatTally;
