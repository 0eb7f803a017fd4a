//! A bounded sample of a log's records as they are in its files, before anything is known about them.

mod json;
mod parquet;
mod sample;

pub use sample::{RecordSample, log_ending};
