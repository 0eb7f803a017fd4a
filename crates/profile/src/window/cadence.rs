//! Divides time into windows: calendar days or months in a time zone (DST included), or fixed hours and minutes in UTC.

use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use super::{Instant, Span, Window};

/// A Monday, so that weeks start on Mondays.
const ANCHOR: Date = date(1970, 1, 5);

/// Number of whole windows of `days` days from the anchor to a day.
fn index_of(day: Date, days: i64) -> i64 {
    i64::from((day - ANCHOR).get_days()).div_euclid(days)
}

/// A sequence of adjoining windows of equal span, such that every instant is in exactly one window.
///
/// Windows of `n` days run from local midnight to local midnight; those of 7 days start on Mondays. Months start at local
/// midnight of their first day. Other windows have a fixed length, counted from 1970-01-01T00:00Z.
#[derive(Debug, Clone)]
pub struct Cadence {
    span: Span,
    zone: TimeZone,
}

impl Cadence {
    /// Creates a cadence; fails unless `span` is longer than zero.
    pub fn new(span: Span, zone: TimeZone) -> Result<Self, String> {
        if span.microseconds() <= 0 {
            return Err(format!("a window must be longer than {span}"));
        }
        Ok(Self { span, zone })
    }

    /// Calendar days in UTC.
    #[must_use]
    pub fn daily() -> Self {
        Self { span: Span::from_days(1), zone: TimeZone::UTC }
    }

    /// The window that contains `instant`.
    #[must_use]
    pub fn window_at(&self, instant: Instant) -> Window {
        let today = || instant.timestamp().to_zoned_datetime(self.zone.clone()).date();
        let midnight =
            |date: Date| date.to_zoned_datetime(self.zone.clone()).map_or(instant, |zoned| zoned.timestamp().into());
        if self.span.is_month() {
            let first = today().first_of_month();
            return Window { from: midnight(first), to: midnight(first.saturating_add(1.month())) };
        }
        let Some(days) = self.span.days() else {
            let step = self.span.microseconds();
            let from = instant.0.div_euclid(step) * step;
            return Window { from: Instant(from), to: Instant(from + step) };
        };
        let index = index_of(today(), days);
        let start = |index: i64| midnight(ANCHOR.saturating_add((index * days).days()));
        Window { from: start(index), to: start(index + 1) }
    }

    /// Number of a window of the cadence, counted from the one that contains 1970-01-01.
    #[must_use]
    pub fn number(&self, window: Window) -> i64 {
        let day = window.from.timestamp().to_zoned_datetime(self.zone.clone()).date();
        if self.span.is_month() {
            return (i64::from(day.year()) - 1970) * 12 + i64::from(day.month()) - 1;
        }
        match self.span.days() {
            Some(days) => index_of(day, days) - index_of(date(1970, 1, 1), days),
            None => window.from.0.div_euclid(self.span.microseconds()),
        }
    }

    /// The window just before `window`.
    #[must_use]
    pub fn before(&self, window: Window) -> Window {
        self.window_at(Instant(window.from.0 - 1))
    }

    /// The window just after `window`.
    #[must_use]
    pub fn after(&self, window: Window) -> Window {
        self.window_at(window.to)
    }

    /// Whether `window` is one of the windows of the cadence.
    #[must_use]
    pub fn contains(&self, window: Window) -> bool {
        self.window_at(window.from) == window
    }

    /// Whether two windows have the same position in the week: the same weekday, and for windows shorter than a day the
    /// same time of day. Weeks and months are all alike.
    #[must_use]
    pub fn same_slot(&self, a: Window, b: Window) -> bool {
        if self.span.is_month() {
            return true;
        }
        let place = |window: Window| {
            let start = window.from.timestamp().to_zoned_datetime(self.zone.clone());
            let hour = self.span.days().is_none().then(|| (start.hour(), start.minute()));
            (self.span.days().is_none_or(|days| days < 7).then(|| start.weekday()), hour)
        };
        place(a) == place(b)
    }

    /// The latest window that ended at least `lateness` before `now`.
    #[must_use]
    pub fn latest_complete(&self, now: Instant, lateness: Span) -> Window {
        let horizon = Instant(now.0 - lateness.microseconds());
        self.before(self.window_at(horizon))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paris(span: &str) -> Cadence {
        Cadence::new(span.parse().unwrap(), TimeZone::get("Europe/Paris").unwrap()).unwrap()
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn days_with_a_clock_change_have_23_or_25_hours() {
        let hours = |text| {
            let window = paris("1d").window_at(at(text));
            (window.to.0 - window.from.0) / 3_600_000_000
        };
        assert_eq!(hours("2026-03-29T12:00:00Z"), 23);
        assert_eq!(hours("2026-10-25T12:00:00Z"), 25);
        assert_eq!(hours("2026-10-26T12:00:00Z"), 24);
    }

    #[test]
    fn the_latest_complete_window_waits_for_late_records() {
        let cadence = Cadence::new("1d".parse().unwrap(), TimeZone::UTC).unwrap();
        let lateness = "2h".parse().unwrap();
        let from = |now| cadence.latest_complete(at(now), lateness).from.to_string();
        assert_eq!(from("2026-10-02T01:59:59Z"), "2026-09-30T00:00:00Z");
        assert_eq!(from("2026-10-02T02:00:00Z"), "2026-10-01T00:00:00Z");
    }

    #[test]
    fn weeks_start_on_mondays() {
        let week = paris("1w").window_at(at("2026-10-01T12:00:00Z"));
        assert_eq!(week.from.to_string(), "2026-09-27T22:00:00Z");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let month = |text| paris("month").window_at(at(text));
        assert_eq!(month("2026-10-31T23:30:00Z").to_string(), "[2026-10-31T23:00:00Z, 2026-11-30T23:00:00Z)");
        let october = month("2026-10-15T12:00:00Z");
        assert_eq!(october.to_string(), "[2026-09-30T22:00:00Z, 2026-10-31T23:00:00Z)");
        assert_eq!(paris("month").before(october), month("2026-09-01T12:00:00Z"));
        assert!(paris("month").same_slot(october, month("2026-02-01T12:00:00Z")));
    }

    #[test]
    fn windows_are_numbered_from_1970() {
        let number = |span: &str, text: &str| {
            let cadence = paris(span);
            cadence.number(cadence.window_at(at(text)))
        };
        assert_eq!(number("1d", "1970-01-01T12:00:00Z"), 0);
        assert_eq!(number("1d", "2026-10-01T12:00:00Z"), 20_727);
        assert_eq!(number("1w", "1970-01-01T12:00:00Z"), 0);
        assert_eq!(number("month", "1970-02-01T12:00:00Z"), 1);
        assert_eq!(number("1h", "1970-01-01T03:59:00Z"), 3);
        assert_eq!(number("1h", "1969-12-31T23:59:00Z"), -1);
    }

    proptest! {
        #[test]
        fn windows_adjoin_and_contain_their_instants(seconds in 0i64..4_000_000_000, span in prop::sample::select(vec!["1d", "1w", "3d", "1h", "15m", "month"])) {
            let cadence = paris(span);
            let instant = Instant(seconds * 1_000_000);
            let window = cadence.window_at(instant);
            prop_assert!(window.contains(instant));
            prop_assert_eq!(cadence.before(window).to, window.from);
            prop_assert_eq!(cadence.window_at(window.to).from, window.to);
            prop_assert_eq!(cadence.number(cadence.after(window)), cadence.number(window) + 1);
        }
    }
}
