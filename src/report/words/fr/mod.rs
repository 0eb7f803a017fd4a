//! French. Texts have no-break spaces before `: ; ? ! %`, inside `« »` and in numbers.

mod advice;
mod changes;
mod decisions;
mod findings;
mod french;
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
mod stored;
mod stories;
mod unusable;

pub(crate) use french::French;
