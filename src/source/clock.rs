//! Parses the time formats found in logs into an [`Instant`].

use jiff::tz::TimeZone;
use vigie_profile::{batch::Value, window::Instant};

/// Parses text (RFC 3339, a civil time, a date, or a number as text) or an epoch, whose unit follows from its size:
/// seconds below 10¹¹ (the year 5138), then milliseconds, microseconds, nanoseconds. `None`: not a time.
pub(super) fn instant(value: Value<'_>, zone: &TimeZone) -> Option<Instant> {
    match value {
        Value::Integer(integer) => epoch_integer(integer),
        Value::Real(real) => epoch_real(real),
        Value::Text(text) => Instant::parse(text, zone).or_else(|| {
            let text = text.trim();
            let integer = text.parse().ok().and_then(epoch_integer);
            integer.or_else(|| text.parse().ok().and_then(epoch_real))
        }),
        Value::Null | Value::Bool(_) | Value::Large(_) | Value::Nested => None,
    }
}

/// The unit implied by the size of an epoch; `None` for values that are not times after 1970.
pub(super) fn unit(epoch: f64) -> Option<u8> {
    (epoch >= 0.0).then_some(match epoch {
        seconds if seconds < 1e11 => 0,
        milliseconds if milliseconds < 1e14 => 1,
        microseconds if microseconds < 1e17 => 2,
        _ => 3,
    })
}

/// Converts an epoch whose unit follows from its size.
pub(super) fn epoch_integer(epoch: i64) -> Option<Instant> {
    let size = epoch.unsigned_abs();
    let micros = if size < 100_000_000_000 {
        epoch.checked_mul(1_000_000)?
    } else if size < 100_000_000_000_000 {
        epoch.checked_mul(1_000)?
    } else if size < 100_000_000_000_000_000 {
        epoch
    } else {
        epoch.div_euclid(1_000)
    };
    Some(Instant(micros))
}

fn epoch_real(epoch: f64) -> Option<Instant> {
    if !epoch.is_finite() {
        return None;
    }
    let size = epoch.abs();
    let unit = if size < 1e11 {
        1e6
    } else if size < 1e14 {
        1e3
    } else if size < 1e17 {
        1.0
    } else {
        1e-3
    };
    #[expect(clippy::cast_possible_truncation, reason = "saturates outside any window")]
    Some(Instant((epoch * unit).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_an_epoch_follows_from_its_size() {
        let utc = |value| instant(value, &TimeZone::UTC).map(|at| at.to_string());
        let want = Some("2026-01-28T18:41:01Z".to_owned());
        assert_eq!(utc(Value::Integer(1_769_625_661)), want);
        assert_eq!(utc(Value::Integer(1_769_625_661_000)), want);
        assert_eq!(utc(Value::Integer(1_769_625_661_000_000)), want);
        assert_eq!(utc(Value::Integer(1_769_625_661_000_000_000)), want);
        assert_eq!(utc(Value::Text("1769625661")), want);
        assert_eq!(utc(Value::Real(1_769_625_661.270_857_3)).unwrap(), "2026-01-28T18:41:01.270857Z");
        assert_eq!(utc(Value::Text("soon")), None);
    }
}
