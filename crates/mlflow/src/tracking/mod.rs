//! Experiments, runs, and what is logged to them.

mod batch;
mod experiment;
mod key;
mod metric;
mod run;

pub use batch::{LoggedBatch, RunBatch};
pub use experiment::Experiment;
pub use key::{distinct_keys, safe_key};
pub use metric::MetricPoint;
pub use run::{NewRun, RunEnd, TrackedRun};
