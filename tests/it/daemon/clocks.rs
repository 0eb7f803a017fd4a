//! The clock is set while the daemon runs.

use std::{fs, path::Path};

use super::process::{Daemon, eventually, logged};
use crate::support::{
    watched::{at, day, watched},
    world::World,
};

/// The windows that `vigie status` lists as reported.
fn reported(world: &World, day: &str) -> bool {
    let status = world.vigie(&["status", "--config", "vigie.yaml"]).stdout;
    status.lines().any(|line| line.contains(&format!("2026-10-{day}T00:00:00Z to ")) && !line.contains("no data"))
}

/// Sets the clock to this time.
fn set(file: &Path, time: vigie_profile::window::Instant) {
    let seconds = (time.0 - vigie_profile::window::Instant::now().0) / 1_000_000;
    // Replaced, so that the daemon never reads a part of it.
    fs::write(file.with_extension("new"), seconds.to_string()).unwrap();
    fs::rename(file.with_extension("new"), file).unwrap();
}

/// The cron expression does not match within hours of these times.
#[test]
fn a_step_of_the_clock_is_noticed_at_once() {
    let world = watched("schedule: {lateness: 2h, cron: \"0 0 23 * * *\", start: 2026-10-01}\n");
    day(&world, 0, 120, 0);
    day(&world, 1, 120, 0);
    let shift = world.path("shift");
    set(&shift, at(2, 6));
    let mut daemon =
        Daemon::start(&world, &[("VIGIE_CLOCK_SHIFT", shift.to_str().unwrap()), ("WATCHDOG_USEC", "900000")]);
    eventually("the first days are checked", || reported(&world, "02"));
    for step in [1, 30, 365] {
        set(&shift, at(2 + step, 6));
        eventually("a step ahead is noticed", || {
            logged(&world).contains("the clock was set ahead, or the machine was suspended")
        });
        set(&shift, at(2, 7));
        eventually("a step back is noticed", || logged(&world).contains("the clock was set back"));
        let _ = fs::write(world.path("stderr"), "");
    }
    // Back at the right time, a day has passed.
    day(&world, 2, 120, 0);
    set(&shift, at(3, 6));
    eventually("the next day is checked", || reported(&world, "03"));
    assert_eq!(daemon.stop("TERM"), Some(0));
}
