//! A point in time in microseconds of UTC: what a log's timestamps and a window's ends are compared as.

use std::fmt;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// The present, read from the machine's clock.
    #[must_use]
    pub fn now() -> Self {
        Timestamp::now().into()
    }

    /// Reads RFC 3339, a civil date and time (space or `T`), or a date (midnight). A text without a
    /// zone is in `zone`.
    #[must_use]
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        // BigQuery writes `2026-10-01 08:00:00 UTC`.
        let zoned = text.strip_suffix(" UTC").map(|civil| format!("{civil}Z"));
        if let Ok(timestamp) = zoned.as_deref().unwrap_or(text).parse::<Timestamp>() {
            return Some(timestamp.into());
        }
        let civil = match text.parse::<civil::DateTime>() {
            Ok(civil) => civil,
            Err(_) => text.parse::<civil::Date>().ok()?.to_datetime(civil::Time::midnight()),
        };
        Some(zone.to_ambiguous_timestamp(civil).compatible().ok()?.into())
    }

    /// As jiff's type, for calendar arithmetic. Out of jiff's range (years −9999 to 9999) it is clamped.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// `20261001T000000Z`, as it stands in folder names.
    #[must_use]
    pub fn compact(self) -> String {
        self.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Reads what [`Instant::compact`] writes.
    #[must_use]
    pub fn parse_compact(text: &str) -> Option<Self> {
        let civil = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
        Some(TimeZone::UTC.to_timestamp(civil).ok()?.into())
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

/// RFC 3339 in UTC.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<Timestamp>().map(Into::into).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        Instant::parse(text, &TimeZone::UTC).map(|instant| instant.to_string())
    }

    #[test]
    fn reads_the_spellings_of_logs() {
        assert_eq!(utc("2026-10-01T08:00:00+02:00").unwrap(), "2026-10-01T06:00:00Z");
        assert_eq!(utc("2026-06-15 12:49:06.157843").unwrap(), "2026-06-15T12:49:06.157843Z");
        assert_eq!(utc("2026-10-01").unwrap(), "2026-10-01T00:00:00Z");
        assert_eq!(utc("yesterday"), None);
    }

    #[test]
    fn folder_names_come_back() {
        let instant = Instant::parse("2026-10-01T08:30:05Z", &TimeZone::UTC).unwrap();
        assert_eq!(Instant::parse_compact(&instant.compact()), Some(instant));
        for other in ["", "replay", "20261001", "20261301T000000Z", "20261001T000000Z "] {
            assert_eq!(Instant::parse_compact(other), None, "{other}");
        }
    }

    #[test]
    fn a_text_without_a_zone_is_in_the_zone_given() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(Instant::parse("2026-10-01", &paris).unwrap().to_string(), "2026-09-30T22:00:00Z");
    }
}
