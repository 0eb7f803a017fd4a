//! What time it is: the machine's, or in tests a moment that stands still.

use vigie_profile::window::Instant;

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Machine,
    Standing(Instant),
}

impl Clock {
    /// The machine's; in debug builds that of `VIGIE_NOW`, if it is set.
    #[must_use]
    pub fn of_environment() -> Self {
        let wanted = if cfg!(debug_assertions) { std::env::var("VIGIE_NOW").ok() } else { None };
        let wanted = wanted.and_then(|text| Instant::parse(&text, &jiff::tz::TimeZone::UTC));
        wanted.map_or(Self::Machine, Self::Standing)
    }

    /// Now.
    #[must_use]
    pub fn now(self) -> Instant {
        match self {
            Self::Machine => Instant::now(),
            Self::Standing(now) => now,
        }
    }
}
