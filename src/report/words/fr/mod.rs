//! French. Texts have no-break spaces before `: ; ? ! %`, inside `« »` and in numbers.

mod advice;
mod changes;
mod decisions;
mod findings;
mod french;
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
mod stored;
mod unusable;

pub(crate) use french::French;
