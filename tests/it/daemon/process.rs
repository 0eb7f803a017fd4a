//! Runs the daemon as a separate process.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant as StdInstant},
};

use crate::support::world::World;

pub(super) struct Daemon {
    pub child: Child,
}

impl Daemon {
    pub(super) fn start(world: &World, envs: &[(&str, &str)]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["run", "--config", "vigie.yaml", "--log-format", "json"])
            .current_dir(world.root())
            .envs(envs.iter().copied())
            .stdout(Stdio::null())
            .stderr(fs::File::options().create(true).append(true).open(world.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        Self { child }
    }

    pub(super) fn signal(&self, name: &str) {
        let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status().unwrap();
        assert!(status.success());
    }

    /// Sends a signal, waits for the exit, and returns the exit code.
    pub(super) fn stop(&mut self, name: &str) -> Option<i32> {
        let started = StdInstant::now();
        self.signal(name);
        let status = self.child.wait().unwrap();
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        status.code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the condition holds.
#[track_caller]
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = StdInstant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(StdInstant::now() < end, "timed out: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Returns everything the daemon has logged.
pub(super) fn logged(world: &World) -> String {
    fs::read_to_string(world.path("stderr")).unwrap_or_default()
}

/// Returns the config of an email channel on a local port.
pub(super) fn email_config(port: u16) -> String {
    format!(
        "alerts:\n  after: 1\n  email: {{smtp: \"smtp://127.0.0.1:{port}\", from: vigie@example.com, to: risk@example.com, starttls: never}}\n"
    )
}
