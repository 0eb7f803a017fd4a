//! One daemon on a folder of state, one sender for each channel of its outbox: a lock goes with the process, however
//! that ends.

use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{
    fault::{Fault, Result, spoken},
    ledger::Channel,
};

/// Held for as long as it lives.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file is what unlocks it")] File);

/// Takes the folder for this process.
pub fn lock(state: &Path) -> Result<Lock> {
    let path = state.join("daemon.lock");
    let mut taken = taken(state, &path)?;
    for _ in 0..5 {
        // `vigie status` looks for a moment.
        if taken.is_none() {
            thread::sleep(Duration::from_millis(50));
            taken = self::taken(state, &path)?;
        }
    }
    taken.ok_or_else(|| {
        Fault::setup(format!(
            "another `vigie run` holds {}; stop it, or name another folder as `state`",
            path.display()
        ))
    })
}

/// Takes a channel of the outbox for this process, so that nobody sends the same letter at the same time; `None`: another
/// process is sending.
pub fn lock_channel(state: &Path, channel: Channel) -> Result<Option<Lock>> {
    taken(state, &state.join(format!("{}.lock", channel.word())))
}

fn taken(state: &Path, path: &PathBuf) -> Result<Option<Lock>> {
    let cannot = |error: &std::io::Error| {
        Fault::retry(format!(
            "state: {}: {}; `state` must name a folder that the user of vigie may write to",
            path.display(),
            spoken(error)
        ))
    };
    fs::create_dir_all(state).map_err(|error| cannot(&error))?;
    let mut file =
        File::options().create(true).truncate(false).write(true).open(path).map_err(|error| cannot(&error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(cannot(&error)),
    }
    // For whoever looks into the folder; nothing reads it.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(Some(Lock(file)))
}

/// Whether a daemon runs on the folder; looked at without disturbing it.
#[must_use]
pub fn is_held(state: &Path) -> bool {
    let Ok(file) = File::open(state.join("daemon.lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
