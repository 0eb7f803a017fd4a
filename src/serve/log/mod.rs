//! The log of requests: records in files that `vigie check` and `vigie replay` read.

mod day_file;
mod record;
mod sink;
mod status;
mod turns;
mod writer;

pub(super) use record::{BatchRecord, RefusedRecord, RequestFacts};
pub(super) use status::LogError;
pub(super) use writer::RequestLog;
