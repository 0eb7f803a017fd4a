//! English.

mod english;
mod findings;
mod headline;
mod numbers;
mod replays;

pub(crate) use english::English;
