//! English.

mod advice;
mod changes;
mod decisions;
mod english;
mod findings;
mod headline;
mod history;
mod label_counts;
mod labels;
mod leaves;
mod lists;
mod losses;
mod mail;
mod measures;
mod notation;
mod notes;
mod numbers;
mod onsets;
mod page;
mod parity;
mod replays;
mod sequence;
mod short;
mod skew;
mod skew_page;
mod stories;
mod terminal;
mod unusable;

pub(crate) use english::English;
