//! SQLite errors as sentences for the operator.

use rusqlite::{Error, ErrorCode};

use crate::fault::Fault;

/// Converts a SQLite error into a fault.
pub(super) fn sqlite_fault(shown: &str, error: &Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Fault::retry(format!("{shown} is locked by another process; vigie will try again"))
        }
        Some(ErrorCode::DiskFull) => Fault::retry(format!("{shown}: the disk is full; free some space")),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Fault::retry(format!(
            "{shown} is not writable; give the user that runs vigie write permission for the file and its folder"
        )),
        Some(ErrorCode::CannotOpen) => Fault::retry(format!(
            "cannot open {shown}; `state` must be a folder that the user running vigie can write to"
        )),
        Some(ErrorCode::SystemIoFailure) => {
            Fault::retry(format!("{shown}: disk I/O error ({error}); check whether the disk is full"))
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Fault::setup(format!(
            "{shown} is damaged and was left unchanged; `vigie status --rebuild` moves it aside and restores runs and trends from the reports"
        )),
        _ => Fault::retry(format!("{shown}: {error}")),
    }
}
