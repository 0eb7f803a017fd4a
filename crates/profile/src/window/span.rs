//! A duration as written in a config: `90s`, `15m`, `2h`, `1d`, `1w`, or `month` for calendar months.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A duration in seconds, in calendar days (which are 23 or 25 hours long twice a year), or a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    seconds: i64,
    unit: SpanUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpanUnit {
    Seconds,
    Days(i64),
    Month,
}

impl Span {
    /// A span of whole calendar days.
    #[must_use]
    pub const fn from_days(days: i64) -> Self {
        Self { seconds: days * 86_400, unit: SpanUnit::Days(days) }
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_seconds(hours * 3_600)
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_seconds(minutes * 60)
    }

    /// A calendar month.
    #[must_use]
    pub const fn month() -> Self {
        Self { seconds: 30 * 86_400, unit: SpanUnit::Month }
    }

    const fn from_seconds(seconds: i64) -> Self {
        Self { seconds, unit: SpanUnit::Seconds }
    }

    /// Nominal length in microseconds (a day counts as 24 hours, a month as 30 days).
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.seconds * 1_000_000
    }

    /// Number of calendar days, if the span was given in days or weeks.
    #[must_use]
    pub fn days(self) -> Option<i64> {
        match self.unit {
            SpanUnit::Days(days) => Some(days),
            SpanUnit::Seconds | SpanUnit::Month => None,
        }
    }

    /// Returns whether the span is a calendar month.
    #[must_use]
    pub fn is_month(self) -> bool {
        self.unit == SpanUnit::Month
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a duration; write, for example, 90s, 15m, 2h, 1d or 1w");
        let text = text.trim();
        match text {
            "week" => return Ok(Self::from_days(7)),
            "month" => return Ok(Self::month()),
            _ => {}
        }
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: i64 = text[..text.len() - unit.len_utf8()].trim().parse().map_err(|_| wrong())?;
        if !(0..=1_000_000_000).contains(&number) {
            return Err(wrong());
        }
        match unit {
            's' => Ok(Self::from_seconds(number)),
            'm' => Ok(Self::from_minutes(number)),
            'h' => Ok(Self::from_hours(number)),
            'd' => Ok(Self::from_days(number)),
            'w' => Ok(Self::from_days(number * 7)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.unit, self.seconds) {
            (SpanUnit::Month, _) => write!(f, "month"),
            (SpanUnit::Days(days), _) => write!(f, "{days}d"),
            (SpanUnit::Seconds, s) if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            (SpanUnit::Seconds, s) if s % 60 == 0 => write!(f, "{}m", s / 60),
            (SpanUnit::Seconds, s) => write!(f, "{s}s"),
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
            "pattern": "^([0-9]+[smhdw]|week|month)$",
            "description": "A duration, such as 90s, 15m, 2h, 1d or 1w; for windows also a calendar month."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_they_are_read() {
        for text in ["90s", "15m", "2h", "1d", "14d", "month"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("week".parse::<Span>(), "1w".parse());
        let month: Span = "month".parse().unwrap();
        assert!(month.is_month() && month.days().is_none() && !Span::from_days(30).is_month());
        for wrong in ["months", "1month", "", "d", "1y", "-1d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
