//! Where the files of a log or of labels are: found, opened and stamped. No other code opens them.

mod access;
mod local;
mod search;
mod stamp;

pub(super) use access::{OpenFile, StoredFile};
pub(super) use local::describe_read_error;
pub(super) use search::{FoundFiles, find, find_awaited, problem};
pub(super) use stamp::FileStamp;
