//! The system clock, or a fixed time in tests.

use vigie_profile::window::Instant;

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    System,
    Fixed(Instant),
}

impl Clock {
    /// Returns the system clock, or in debug builds the fixed time in `VIGIE_NOW`, if it is set.
    #[must_use]
    pub fn from_env() -> Self {
        let fixed = if cfg!(debug_assertions) { std::env::var("VIGIE_NOW").ok() } else { None };
        let fixed = fixed.and_then(|text| Instant::parse(&text, &jiff::tz::TimeZone::UTC));
        fixed.map_or(Self::System, Self::Fixed)
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Fixed(now) => now,
        }
    }
}
