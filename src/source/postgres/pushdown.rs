//! Pushes the window down to the server as a condition on the time column, so that it can use an index.

use jiff::{SignedDuration, tz::TimeZone};
use vigie_profile::{
    near::suggestions,
    window::{Instant, Window},
};

use super::{
    column::{TableColumn, Wire},
    name::quoted,
};
use crate::fault::{Fault, Result};

/// The log's time, if the server can compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Time {
    Column {
        name: String,
        wire: Wire,
    },
    /// Every row has to be read to know its time; the reason.
    Unordered(String),
}

/// The years 1 to 9999. PostgreSQL supports more, but no window is outside.
const FIRST: i64 = -62_135_596_800_000_000;
const LAST: i64 = 253_402_300_800_000_000;
/// Margin to read on each side near a clock change, as a time zone may skip a day or repeat an hour.
const CHANGE: SignedDuration = SignedDuration::from_hours(25);
const SECONDS_OF_2000: i64 = 946_684_800;

impl Time {
    /// Finds the column that the paths of the config key `field` refer to. Finding none is a config error.
    pub(super) fn new(columns: &[TableColumn], field: &str, paths: &[String], key: &str) -> Result<Self> {
        let leads_to =
            |column: &&TableColumn| paths.iter().any(|path| *path == column.name || begins(path, column.name.as_str()));
        let named: Vec<&TableColumn> = columns.iter().filter(leads_to).collect();
        let Some(column) = named.first() else {
            return Err(Fault::setup(format!(
                "{field}: {key} has no column `{}`; available: {}",
                paths.join("`, `"),
                suggestions(
                    paths.first().map_or("", String::as_str),
                    columns.iter().map(|column| column.name.as_str())
                )
            )));
        };
        if named.len() > 1 {
            return Ok(Self::Unordered("the time may be in several columns".to_owned()));
        }
        if !paths.contains(&column.name) {
            return Ok(Self::Unordered(format!("the time is inside column `{}`", column.name)));
        }
        Ok(match column.wire {
            Wire::Zoned
            | Wire::Civil
            | Wire::Date
            | Wire::Int4
            | Wire::Int8
            | Wire::Float4
            | Wire::Float8
            | Wire::Numeric => Self::Column { name: column.name.clone(), wire: column.wire },
            _ => {
                Self::Unordered(format!("`{}` has type {}, which does not sort by time", column.name, column.type_name))
            }
        })
    }

    /// A condition that all rows of the window meet, and few others. `None`: there is no such condition.
    pub(super) fn within(&self, window: Window, zone: &TimeZone) -> Option<String> {
        let Self::Column { name, wire } = self else { return None };
        let column = format!("log.{}", quoted(name));
        let from = (window.from.0 > FIRST).then_some(window.from);
        let to = (window.to.0 < LAST).then_some(window.to);
        let bounds = |least: &dyn Fn(Instant) -> String, end: &dyn Fn(Instant) -> String| {
            let least = from.map(|from| format!("{column} >= {}", least(from)));
            let end = to.map(|to| format!("{column} < {}", end(to)));
            least.into_iter().chain(end).collect::<Vec<_>>().join(" AND ")
        };
        let condition = match wire {
            Wire::Zoned => {
                let at = |at: Instant| format!("'{at}'::timestamptz");
                bounds(&at, &at)
            }
            Wire::Civil | Wire::Date => bounds(&|from| format!("'{}'::timestamp", wall(from, zone, -CHANGE)), &|to| {
                format!("'{}'::timestamp", wall(to, zone, CHANGE))
            }),
            _ => numbers(&column, from, to, zone),
        };
        Some(if condition.is_empty() { format!("{column} IS NOT NULL") } else { condition })
    }

    /// A condition for rows without a time, which belong to no window.
    pub(super) fn timeless(&self) -> Option<String> {
        let Self::Column { name, .. } = self else { return None };
        Some(format!("log.{} IS NULL", quoted(name)))
    }

    /// The ORDER BY expression that returns the latest rows first.
    pub(super) fn latest_first(&self) -> Option<String> {
        let Self::Column { name, .. } = self else { return None };
        Some(format!("log.{} DESC NULLS LAST", quoted(name)))
    }
}

/// Returns whether `path` leads into `name`.
pub(super) fn begins(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

/// Wall-clock time in the zone, shifted by `margin` near a clock change.
fn wall(at: Instant, zone: &TimeZone, margin: SignedDuration) -> String {
    let offset = |by: SignedDuration| zone.to_offset(at.timestamp().checked_add(by).unwrap_or(at.timestamp()));
    let is_stable = offset(-CHANGE) == offset(CHANGE) && offset(CHANGE) == offset(SignedDuration::ZERO);
    let shown = zone.to_datetime(at.timestamp());
    let shown = if is_stable { shown } else { shown.checked_add(margin).unwrap_or(shown) };
    shown.to_string()
}

/// A condition for numbers, which are read by their size: one range per unit of an epoch, and one per number of digits of a
/// date. Smaller numbers are not times, which has to be reported.
fn numbers(column: &str, from: Option<Instant>, to: Option<Instant>, zone: &TimeZone) -> String {
    let range = |least: Option<String>, end: Option<String>| {
        let least = least.map(|least| format!("{column} >= {least}"));
        let end = end.map(|end| format!("{column} < {end}"));
        least.into_iter().chain(end).collect::<Vec<_>>().join(" AND ")
    };
    // Seconds, milliseconds, microseconds and nanoseconds, in nanoseconds.
    let epochs = [1_000_000_000_i128, 1_000_000, 1_000, 1].map(|unit| {
        let ticks = |at: Instant| (i128::from(at.0) * 1_000).div_euclid(unit);
        range(from.map(|from| ticks(from).to_string()), to.map(|to| (ticks(to) + 1).to_string()))
    });
    if epochs.iter().any(String::is_empty) {
        return String::new();
    }
    // A day around the window.
    let dates = ["%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"].map(|format| {
        let digits = |at: Instant, margin: SignedDuration| {
            let civil = zone.to_datetime(at.timestamp());
            civil.checked_add(margin).unwrap_or(civil).strftime(format).to_string()
        };
        let day = SignedDuration::from_hours(24);
        range(from.map(|from| digits(from, -day)), to.map(|to| digits(to, day)))
    });
    let all = epochs
        .into_iter()
        .chain(dates)
        .chain([format!("{column} < {SECONDS_OF_2000} AND {column} NOT BETWEEN 20000101 AND 21991231")]);
    format!("({})", all.map(|range| format!("({range})")).collect::<Vec<_>>().join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(from: &str, to: &str) -> Window {
        let at = |text: &str| Instant::parse(text, &TimeZone::UTC).unwrap();
        Window { from: at(from), to: at(to) }
    }

    fn within(wire: Wire, window: Window, zone: &str) -> String {
        let time = Time::Column { name: "ts".to_owned(), wire };
        time.within(window, &TimeZone::get(zone).unwrap()).unwrap()
    }

    #[test]
    fn a_window_becomes_a_range_of_the_column() {
        let october = day("2026-10-01", "2026-10-02");
        assert_eq!(
            within(Wire::Zoned, october, "UTC"),
            "log.\"ts\" >= '2026-10-01T00:00:00Z'::timestamptz AND log.\"ts\" < '2026-10-02T00:00:00Z'::timestamptz"
        );
        assert_eq!(
            within(Wire::Civil, october, "Europe/Paris"),
            "log.\"ts\" >= '2026-10-01T02:00:00'::timestamp AND log.\"ts\" < '2026-10-02T02:00:00'::timestamp"
        );
        // Paris repeats an hour in this night.
        assert_eq!(
            within(Wire::Civil, day("2026-10-25", "2026-10-28"), "Europe/Paris"),
            "log.\"ts\" >= '2026-10-24T01:00:00'::timestamp AND log.\"ts\" < '2026-10-28T01:00:00'::timestamp"
        );
        assert_eq!(
            within(Wire::Int8, day("2026-10-01", "2026-10-02"), "UTC"),
            "((log.\"ts\" >= 1790812800 AND log.\"ts\" < 1790899201) \
             OR (log.\"ts\" >= 1790812800000 AND log.\"ts\" < 1790899200001) \
             OR (log.\"ts\" >= 1790812800000000 AND log.\"ts\" < 1790899200000001) \
             OR (log.\"ts\" >= 1790812800000000000 AND log.\"ts\" < 1790899200000000001) \
             OR (log.\"ts\" >= 20260930 AND log.\"ts\" < 20261003) \
             OR (log.\"ts\" >= 2026093000 AND log.\"ts\" < 2026100300) \
             OR (log.\"ts\" >= 202609300000 AND log.\"ts\" < 202610030000) \
             OR (log.\"ts\" >= 20260930000000 AND log.\"ts\" < 20261003000000) \
             OR (log.\"ts\" < 946684800 AND log.\"ts\" NOT BETWEEN 20000101 AND 21991231))"
        );
        let all = Window { from: Instant(i64::MIN / 4), to: october.to };
        assert_eq!(within(Wire::Zoned, all, "UTC"), "log.\"ts\" < '2026-10-02T00:00:00Z'::timestamptz");
    }
}
