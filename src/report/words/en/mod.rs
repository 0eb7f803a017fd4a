//! English.

mod advice;
mod changes;
mod decisions;
mod english;
mod findings;
mod headline;
mod label_counts;
mod labels;
mod leaves;
mod losses;
mod mail;
mod measures;
mod notation;
mod numbers;
mod page;
mod replays;
mod terminal;
mod unusable;

pub(crate) use english::English;
