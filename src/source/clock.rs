//! Parses the time formats found in logs into an [`Instant`], and doubts what does not look like a time of a request.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use vigie_profile::{
    batch::Value,
    window::{Instant, Window},
};

/// No request is older: an earlier time is a wrong unit, a counter or an empty field.
const FIRST: Instant = Instant(946_684_800_000_000);
/// The year 2200. A later time stands for "never".
const LAST: Instant = Instant(7_258_118_400_000_000);
const DAY_US: i64 = 86_400_000_000;

/// How times are read.
#[derive(Debug, Clone)]
pub(super) struct TimeRules {
    /// Zone of times without one.
    pub zone: TimeZone,
    /// A number that would be a later time is not an epoch.
    until: Instant,
}

impl TimeRules {
    /// Numbers may be epochs up to tomorrow, or up to a day after the window.
    pub(super) fn new(zone: TimeZone, window: Option<Window>) -> Self {
        let end = window.map_or(Instant::now(), |window| window.to.max(Instant::now()));
        Self { zone, until: Instant(end.0.saturating_add(DAY_US)) }
    }

    /// Reads an integer: an epoch in the unit that follows from its size, or else the digits of a calendar date.
    pub(super) fn integer(&self, number: i64) -> Option<Instant> {
        self.epoch(number).or_else(|| self.calendar(number))
    }

    fn epoch(&self, number: i64) -> Option<Instant> {
        epoch_integer(number).filter(|at| self.is_plausible(*at))
    }

    fn calendar(&self, number: i64) -> Option<Instant> {
        let civil = digits_of_date(number)?;
        let at = self.zone.to_ambiguous_timestamp(civil).compatible().ok()?;
        Some(Instant::from(at)).filter(|at| self.is_plausible(*at))
    }

    fn is_plausible(&self, at: Instant) -> bool {
        FIRST <= at && at <= self.until
    }

    fn real(&self, number: f64) -> Option<Instant> {
        match whole(number) {
            Some(integer) => self.integer(integer),
            None => epoch_real(number).filter(|at| self.is_plausible(*at)),
        }
    }
}

/// Returns the time unless it is implausible even though it is written as a time.
pub(super) fn written(at: Instant) -> Option<Instant> {
    (FIRST..LAST).contains(&at).then_some(at)
}

/// Parses text (RFC 3339, a civil time, a date, or a number as text), an epoch, or the digits of a date (`20261120`,
/// `20261120083000`). The unit of an epoch follows from its size: seconds below 10¹¹ (the year 5138), then milliseconds,
/// microseconds, nanoseconds. `None`: not a time, or not one of a request.
pub(super) fn instant(value: Value<'_>, rules: &TimeRules) -> Option<Instant> {
    match value {
        Value::Integer(integer) => rules.integer(integer),
        Value::Real(real) => rules.real(real),
        Value::Text(text) => match Instant::parse(text, &rules.zone) {
            Some(at) => written(at),
            None => {
                let text = text.trim();
                match text.parse() {
                    Ok(integer) => rules.integer(integer),
                    Err(_) => text.parse().ok().and_then(|real| rules.real(real)),
                }
            }
        },
        Value::Null | Value::Bool(_) | Value::Large(_) | Value::Nested => None,
    }
}

/// Returns whether a value is a time whose meaning depends on a time zone that it does not state.
pub(super) fn is_naive(value: Value<'_>) -> bool {
    let at = |zone| instant(value, &TimeRules { zone, until: LAST });
    at(TimeZone::UTC).is_some_and(|here| at(TimeZone::fixed(jiff::tz::offset(5))) != Some(here))
}

/// Describes a value that is not a time, for a complaint: with the time it would be, if that is why it is not used.
pub(super) fn doubt(value: Value<'_>, rules: &TimeRules) -> String {
    let at = match value {
        Value::Integer(integer) => epoch_integer(integer),
        Value::Real(real) => epoch_real(real),
        Value::Text(text) => Instant::parse(text, &rules.zone).or_else(|| epoch_real(text.trim().parse().ok()?)),
        Value::Null | Value::Bool(_) | Value::Large(_) | Value::Nested => None,
    };
    // Farther times have no calendar date.
    match at.filter(|at| Timestamp::from_microsecond(at.0).is_ok()) {
        Some(at) if at < FIRST => format!("{value}, which would be {at}, before 2000"),
        Some(at) => format!("{value}, which would be {at}, in the future"),
        None => value.to_string(),
    }
}

/// How a number is read as a time: the unit of an epoch, or the digits of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberFormat {
    Epoch(u8),
    /// With this number of digits.
    Calendar(u32),
}

impl TimeRules {
    /// Returns how a number is read; `None` if it is not a time.
    pub(super) fn format(&self, number: f64) -> Option<NumberFormat> {
        let Some(integer) = whole(number) else { return self.real(number).map(|_| NumberFormat::Epoch(unit(number))) };
        if self.epoch(integer).is_some() {
            return Some(NumberFormat::Epoch(unit(number)));
        }
        let digits = integer.checked_ilog10().map_or(0, |log| log + 1);
        self.calendar(integer).map(|_| NumberFormat::Calendar(digits))
    }
}

fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^63, and whole")]
    (number.fract() == 0.0 && number.abs() < 9.2e18).then_some(number as i64)
}

/// The unit implied by the size of an epoch.
fn unit(epoch: f64) -> u8 {
    match epoch.abs() {
        seconds if seconds < 1e11 => 0,
        milliseconds if milliseconds < 1e14 => 1,
        microseconds if microseconds < 1e17 => 2,
        _ => 3,
    }
}

/// Converts an epoch whose unit follows from its size.
fn epoch_integer(epoch: i64) -> Option<Instant> {
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
    let factor = match unit(epoch) {
        0 => 1e6,
        1 => 1e3,
        2 => 1.0,
        _ => 1e-3,
    };
    #[expect(clippy::cast_possible_truncation, reason = "saturates outside any window")]
    Some(Instant((epoch * factor).round() as i64))
}

/// Reads the digits of a date: year, month and day (8 digits), then hour (10), minute (12) and second (14).
fn digits_of_date(number: i64) -> Option<DateTime> {
    let digits = number.checked_ilog10()? + 1;
    if !matches!(digits, 8 | 10 | 12 | 14) {
        return None;
    }
    let mut rest = number.checked_mul(10_i64.pow(14 - digits))?;
    let mut next = || {
        let pair = rest % 100;
        rest /= 100;
        i8::try_from(pair).ok()
    };
    let (second, minute, hour, day, month) = (next()?, next()?, next()?, next()?, next()?);
    let date = Date::new(i16::try_from(rest).ok()?, month, day).ok()?;
    Some(date.to_datetime(Time::new(hour, minute, second, 0).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(zone: &str) -> TimeRules {
        let until = Instant::parse("2026-12-01", &TimeZone::UTC).unwrap();
        TimeRules { zone: TimeZone::get(zone).unwrap(), until }
    }

    fn utc(value: Value<'_>) -> Option<String> {
        instant(value, &rules("UTC")).map(|at| at.to_string())
    }

    #[test]
    fn the_unit_of_an_epoch_follows_from_its_size() {
        let want = Some("2026-01-28T18:41:01Z".to_owned());
        assert_eq!(utc(Value::Integer(1_769_625_661)), want);
        assert_eq!(utc(Value::Integer(1_769_625_661_000)), want);
        assert_eq!(utc(Value::Integer(1_769_625_661_000_000)), want);
        assert_eq!(utc(Value::Integer(1_769_625_661_000_000_000)), want);
        assert_eq!(utc(Value::Text("1769625661")), want);
        assert_eq!(utc(Value::Real(1_769_625_661_000.0)), want);
        assert_eq!(utc(Value::Real(1_769_625_661.270_857_3)).unwrap(), "2026-01-28T18:41:01.270857Z");
        assert_eq!(utc(Value::Text("soon")), None);
    }

    #[test]
    fn digits_of_a_date_are_not_an_epoch() {
        let want = |time: &str| Some(time.to_owned());
        assert_eq!(utc(Value::Integer(20_261_120)), want("2026-11-20T00:00:00Z"));
        assert_eq!(utc(Value::Real(20_261_120.0)), want("2026-11-20T00:00:00Z"));
        assert_eq!(utc(Value::Text("20261120")), want("2026-11-20T00:00:00Z"));
        assert_eq!(utc(Value::Integer(2_026_112_008)), want("2026-11-20T08:00:00Z"));
        assert_eq!(utc(Value::Integer(202_611_200_830)), want("2026-11-20T08:30:00Z"));
        assert_eq!(utc(Value::Integer(20_261_120_000_257)), want("2026-11-20T00:02:57Z"));
        assert_eq!(utc(Value::Text("20261120000257")), want("2026-11-20T00:02:57Z"));
        let paris = instant(Value::Integer(20_261_120), &rules("Europe/Paris")).unwrap();
        assert_eq!(paris.to_string(), "2026-11-19T23:00:00Z");
        let format = |number| rules("UTC").format(number);
        assert_eq!(format(20_261_120.0), Some(NumberFormat::Calendar(8)));
        assert_eq!(format(1_769_625_661.0), Some(NumberFormat::Epoch(0)));
        assert_eq!(format(5.0), None);
    }

    #[test]
    fn implausible_times_are_refused_with_the_time_they_would_be() {
        for number in [0, 5, -1, 46_346, 20_261_320, 1_900_000_000, 20_271_120, i64::MAX] {
            assert_eq!(utc(Value::Integer(number)), None, "{number}");
        }
        for text in ["1970-01-01T00:00:00Z", "0001-01-01", "9999-12-31", "46346.35"] {
            assert_eq!(utc(Value::Text(text)), None, "{text}");
        }
        // A time that is written as one may be in the future.
        assert_eq!(utc(Value::Text("2027-01-01")).unwrap(), "2027-01-01T00:00:00Z");
        let doubt = |value| doubt(value, &rules("UTC"));
        assert_eq!(doubt(Value::Integer(46_346)), "46346, which would be 1970-01-01T12:52:26Z, before 2000");
        assert_eq!(
            doubt(Value::Integer(20_271_399_000_000)),
            "20271399000000, which would be 2612-05-17T16:10:00Z, in the future"
        );
        assert_eq!(doubt(Value::Text("soon")), "\"soon\"");
    }

    #[test]
    fn times_without_a_zone_are_naive() {
        for naive in ["2026-10-01 08:00:00", "2026-10-01T08:00:00", "2026-10-01"] {
            assert!(is_naive(Value::Text(naive)), "{naive}");
        }
        for exact in
            ["2026-10-01T08:00:00Z", "2026-10-01T08:00:00+02:00", "2026-10-01 08:00:00 UTC", "1769625661", "soon"]
        {
            assert!(!is_naive(Value::Text(exact)), "{exact}");
        }
        assert!(!is_naive(Value::Integer(1_769_625_661)));
    }
}
