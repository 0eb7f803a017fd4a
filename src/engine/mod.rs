//! Threads over the pieces of a log: what is read is sifted, counted and merged, in any order to the same answer.

mod apart;
mod count;
mod find;
mod latest;
mod look;
mod refine;
mod sample;
mod sift;
mod steps;
mod tally;
mod threads;
mod twins;

pub use count::{Counted, Job, count};
pub use find::{Record, find};
pub use latest::latest;
pub use look::{Answered, Looked, Wanted, look};
pub use refine::refine;
pub use sample::Sample;
pub use sift::{Rule, usable};
pub use tally::tally;
