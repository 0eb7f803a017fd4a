//! A duration as written in a config: `90s`, `15m`, `2h`, `1d`, `1w`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A duration in seconds or in calendar days (which are 23 or 25 hours long twice a year).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    seconds: i64,
    days: Option<i64>,
}

impl Span {
    /// A span of whole calendar days.
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        Self { seconds: days * 86_400, days: Some(days) }
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self { seconds: hours * 3_600, days: None }
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn from_minutes(minutes: i64) -> Self {
        Self { seconds: minutes * 60, days: None }
    }

    /// Nominal length in microseconds (a day counts as 24 hours).
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.seconds * 1_000_000
    }

    /// Number of calendar days, if the span was given in days or weeks.
    #[must_use]
    pub fn days(self) -> Option<i64> {
        self.days
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a duration; write, for example, 90s, 15m, 2h, 1d or 1w");
        let text = text.trim();
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: i64 = text[..text.len() - unit.len_utf8()].trim().parse().map_err(|_| wrong())?;
        if !(0..=1_000_000_000).contains(&number) {
            return Err(wrong());
        }
        match unit {
            's' => Ok(Self { seconds: number, days: None }),
            'm' => Ok(Self { seconds: number * 60, days: None }),
            'h' => Ok(Self::from_hours(number)),
            'd' => Ok(Self::from_days(number)),
            'w' => Ok(Self::from_days(number * 7)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.days, self.seconds) {
            (Some(days), _) => write!(f, "{days}d"),
            (None, s) if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            (None, s) if s % 60 == 0 => write!(f, "{}m", s / 60),
            (None, s) => write!(f, "{s}s"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+[smhdw]$",
            "description": "A duration, such as 90s, 15m, 2h, 1d or 1w."
        })
    }
}
