//! One daemon on a folder of state: the lock goes with the process, however it ends.

use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::Path,
};

use crate::{
    archive::spoken,
    fault::{Fault, Outcome},
};

/// Held for as long as it lives.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file is what unlocks it")] File);

/// Takes the folder for this process.
pub fn lock(state: &Path) -> Outcome<Lock> {
    let path = state.join("daemon.lock");
    let cannot = |error: &std::io::Error| {
        Fault::retry(format!(
            "state: {}: {}; `state` must name a folder that the user of vigie may write to",
            path.display(),
            spoken(error)
        ))
    };
    fs::create_dir_all(state).map_err(|error| cannot(&error))?;
    let mut file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| cannot(&error))?;
    let mut taken = file.try_lock();
    for _ in 0..5 {
        // `vigie status` looks for a moment.
        if matches!(taken, Err(TryLockError::WouldBlock)) {
            std::thread::sleep(std::time::Duration::from_millis(50));
            taken = file.try_lock();
        }
    }
    match taken {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Fault::setup(format!(
                "another `vigie run` holds {}; stop it, or name another folder as `state`",
                path.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(cannot(&error)),
    }
    // For whoever looks into the folder; nothing reads it.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(Lock(file))
}

/// Whether a daemon runs on the folder; looked at without disturbing it.
#[must_use]
pub fn is_held(state: &Path) -> bool {
    let Ok(file) = File::open(state.join("daemon.lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
