//! What SQLite refuses, as a sentence for the operator.

use rusqlite::{Error, ErrorCode};

use crate::fault::Fault;

/// The fault of a failed statement.
pub(super) fn refused(shown: &str, error: &Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Fault::retry(format!("{shown} is locked by another process; it is tried again"))
        }
        Some(ErrorCode::DiskFull) => Fault::retry(format!("{shown}: the disk is full; free some space")),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Fault::retry(format!(
            "{shown} cannot be written to; give the user that runs vigie the right to write to it and to its folder"
        )),
        Some(ErrorCode::CannotOpen) => Fault::retry(format!(
            "{shown} cannot be opened; `state` must name a folder that the user of vigie may write to"
        )),
        Some(ErrorCode::SystemIoFailure) => {
            Fault::retry(format!("{shown}: the disk does not do what it is asked to ({error}); is it full?"))
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Fault::setup(format!(
            "{shown} is damaged and is left as it is; `vigie status --rebuild` sets it aside and reads runs and trends from the reports"
        )),
        _ => Fault::retry(format!("{shown}: {error}")),
    }
}
