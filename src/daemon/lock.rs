//! File locks: one daemon per state folder, and one sender per outbox channel. A lock is released when its process ends.

use std::{
    fs::{File, TryLockError},
    io::Write,
    path::Path,
    thread,
    time::Duration,
};

use crate::{
    fault::{Fault, Result, describe_io},
    ledger::{create_state_folder, open_private},
};

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

/// Locks the state folder for this process.
pub fn lock(state: &Path) -> Result<Lock> {
    let path = state.join("daemon.lock");
    let mut lock = try_lock(state, &path)?;
    for _ in 0..5 {
        // `vigie status` holds the lock for an instant.
        if lock.is_none() {
            thread::sleep(Duration::from_millis(50));
            lock = try_lock(state, &path)?;
        }
    }
    lock.ok_or_else(|| {
        Fault::setup(format!("another `vigie run` holds {}; stop it, or set `state` to another folder", path.display()))
    })
}

/// Locks an outbox channel for this process, so that no message is sent twice; `None` if another process is sending.
pub fn lock_channel(state: &Path, channel: &str) -> Result<Option<Lock>> {
    try_lock(state, &state.join(format!("{channel}.lock")))
}

fn try_lock(state: &Path, path: &Path) -> Result<Option<Lock>> {
    let cannot = |error: &std::io::Error| {
        Fault::retry(format!(
            "state: {}: {}; `state` must be a folder that the user running vigie can write to",
            path.display(),
            describe_io(error)
        ))
    };
    create_state_folder(state)?;
    let mut file = open_private(path).map_err(|error| cannot(&error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(cannot(&error)),
    }
    // For humans only; nothing reads it.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(Some(Lock(file)))
}

/// Returns whether a daemon is running on the state folder, without blocking it.
#[must_use]
pub fn is_held(state: &Path) -> bool {
    let Ok(file) = File::open(state.join("daemon.lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
