//! Whether a value of a log is a time, and how it is written: by the clock of the readers.

use jiff::tz::TimeZone;
use vigie_profile::{batch::Value, window::Instant};

use super::clock::{self, NumberFormat, TimeRules};

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeForm {
    /// With its time zone.
    Zoned,
    /// Without a time zone.
    Naive,
    /// A day without a time of day.
    Day,
    /// Seconds, milliseconds, microseconds or nanoseconds since 1970.
    Seconds,
    Millis,
    Micros,
    Nanos,
    /// Digits of a date and perhaps a time, such as `20261120083000`.
    Digits,
}

/// Reads values as times, in UTC if they state no zone.
#[derive(Debug)]
pub struct TimeReader(TimeRules);

impl TimeReader {
    /// Numbers may be epochs up to tomorrow.
    #[must_use]
    pub fn new() -> Self {
        Self(TimeRules::new(TimeZone::UTC, None))
    }

    /// Returns the time and how it is written; `None` if the value is not a time of a request.
    #[must_use]
    pub fn read(&self, value: &serde_json::Value) -> Option<(Instant, TimeForm)> {
        let value = match value {
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Value::Integer(integer),
                (None, Some(real)) => Value::Real(real),
                (None, None) => return None,
            },
            serde_json::Value::String(text) => Value::Text(text),
            _ => return None,
        };
        let at = clock::instant(value, &self.0)?;
        Some((at, self.form(value)))
    }

    fn form(&self, value: Value<'_>) -> TimeForm {
        let number = match value {
            #[expect(clippy::cast_precision_loss, reason = "the unit follows from the size alone")]
            Value::Integer(integer) => Some(integer as f64),
            Value::Real(real) => Some(real),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        match (number.and_then(|number| self.0.format(number)), value) {
            (Some(NumberFormat::Epoch(unit)), _) => match unit {
                0 => TimeForm::Seconds,
                1 => TimeForm::Millis,
                2 => TimeForm::Micros,
                _ => TimeForm::Nanos,
            },
            (Some(NumberFormat::Calendar(_)), _) => TimeForm::Digits,
            (None, Value::Text(text)) if text.trim().len() <= "2026-10-01".len() => TimeForm::Day,
            (None, _) if clock::is_naive(value) => TimeForm::Naive,
            (None, _) => TimeForm::Zoned,
        }
    }
}

impl Default for TimeReader {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_form_of_a_time_is_named() {
        let reader = TimeReader::new();
        let form = |value: Value| reader.read(&value).map(|(_, form)| form);
        assert_eq!(form(json!("2026-10-01T08:00:00+02:00")), Some(TimeForm::Zoned));
        assert_eq!(form(json!("2026-06-15 12:49:06.157843")), Some(TimeForm::Naive));
        assert_eq!(form(json!("2026-06-15")), Some(TimeForm::Day));
        assert_eq!(form(json!(1_769_625_661.270_857_3)), Some(TimeForm::Seconds));
        assert_eq!(form(json!("1769625661000")), Some(TimeForm::Millis));
        assert_eq!(form(json!(20_261_120)), Some(TimeForm::Digits));
        assert_eq!(form(json!("soon")), None);
        assert_eq!(form(json!(41)), None);
    }
}
