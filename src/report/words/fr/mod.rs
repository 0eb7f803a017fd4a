//! French. Texts have no-break spaces before `: ; ? ! %`, inside `« »` and in numbers.

mod findings;
mod french;
mod headline;
mod numbers;
mod replays;
mod stored;

pub(crate) use french::French;
