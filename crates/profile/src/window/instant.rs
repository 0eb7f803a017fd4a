//! A point in time in microseconds, as which timestamps and window bounds are compared.

use std::fmt;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Current time of the system clock.
    #[must_use]
    pub fn now() -> Self {
        Timestamp::now().into()
    }

    /// Parses RFC 3339, a civil date and time (separated by a space or `T`), or a date (midnight). Text without a time
    /// zone is interpreted in `zone`.
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

    /// Converts to jiff's type, for calendar arithmetic; clamped to jiff's range (years −9999 to 9999).
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// Compact form for folder names: `20261001T000000Z`.
    #[must_use]
    pub fn compact(self) -> String {
        self.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Parses the form written by [`Instant::compact`].
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

/// Formats as RFC 3339 in UTC.
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

impl schemars::JsonSchema for Instant {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        Instant::parse(text, &TimeZone::UTC).map(|instant| instant.to_string())
    }

    #[test]
    fn parses_timestamp_formats_of_logs() {
        assert_eq!(utc("2026-10-01T08:00:00+02:00").unwrap(), "2026-10-01T06:00:00Z");
        assert_eq!(utc("2026-06-15 12:49:06.157843").unwrap(), "2026-06-15T12:49:06.157843Z");
        assert_eq!(utc("2026-10-01").unwrap(), "2026-10-01T00:00:00Z");
        assert_eq!(utc("yesterday"), None);
    }

    #[test]
    fn compact_form_round_trips() {
        let instant = Instant::parse("2026-10-01T08:30:05Z", &TimeZone::UTC).unwrap();
        assert_eq!(Instant::parse_compact(&instant.compact()), Some(instant));
        for other in ["", "replay", "20261001", "20261301T000000Z", "20261001T000000Z "] {
            assert_eq!(Instant::parse_compact(other), None, "{other}");
        }
    }

    #[test]
    fn text_without_a_zone_uses_the_given_zone() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(Instant::parse("2026-10-01", &paris).unwrap().to_string(), "2026-09-30T22:00:00Z");
    }
}
