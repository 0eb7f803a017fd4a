//! The system clock, or another one in tests; and its steps.

use std::{thread, time::Duration};

use tokio::sync::mpsc;
use tracing::warn;
use vigie_profile::window::Instant;

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    System,
    Fixed(Instant),
    /// The system clock and the seconds in the file that `VIGIE_CLOCK_SHIFT` names, in debug builds.
    Shifted,
}

impl Clock {
    /// Returns the system clock, or in debug builds the clock of a test: the fixed time in `VIGIE_NOW`, or the system clock
    /// shifted as the file in `VIGIE_CLOCK_SHIFT` says at any moment.
    #[must_use]
    pub fn from_env() -> Self {
        if !cfg!(debug_assertions) {
            return Self::System;
        }
        let fixed = std::env::var("VIGIE_NOW").ok();
        match fixed.and_then(|text| Instant::parse(&text, &jiff::tz::TimeZone::UTC)) {
            Some(now) => Self::Fixed(now),
            None if std::env::var_os("VIGIE_CLOCK_SHIFT").is_some() => Self::Shifted,
            None => Self::System,
        }
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Fixed(now) => now,
            Self::Shifted => {
                let file = std::env::var_os("VIGIE_CLOCK_SHIFT").unwrap_or_default();
                let seconds = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<i64>().ok());
                Instant(Instant::now().0.saturating_add(seconds.unwrap_or_default().saturating_mul(1_000_000)))
            }
        }
    }
}

/// A change of the clock that is more than its drift or a busy machine, in microseconds.
const STEP_US: i64 = 30_000_000;
/// Time between two readings of the clock.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watches the clock in a thread of its own, and sends by how many microseconds it has been set ahead (negative: back). A
/// machine that was suspended looks the same as a clock that was set ahead.
///
/// Only the length of a sleep is used to measure time: no timer, which may itself wait for a time of the clock.
pub(super) fn watch_steps(clock: Clock) -> mpsc::Receiver<i64> {
    let (sender, steps) = mpsc::channel(1);
    if matches!(clock, Clock::Fixed(_)) {
        return steps;
    }
    let slept = i64::try_from(INTERVAL.as_micros()).unwrap_or(i64::MAX);
    let watch = move || {
        while !sender.is_closed() {
            let before = clock.now();
            thread::sleep(INTERVAL);
            let step = clock.now().0.saturating_sub(before.0).saturating_sub(slept);
            if step.abs() >= STEP_US && sender.blocking_send(step).is_err() {
                return;
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("vigie-clock".to_owned()).spawn(watch) {
        warn!("cannot start a thread to watch the clock: {error}");
    }
    steps
}
