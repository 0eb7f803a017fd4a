//! The window as a condition on the time column, so that the server reads by its index and sends nothing else.

use jiff::{SignedDuration, tz::TimeZone};
use vigie_profile::{
    near::instead,
    window::{Instant, Window},
};

use super::{
    column::{Column, Wire},
    name::quoted,
};
use crate::fault::{Fault, Result};

/// The log's time, as far as the server can compare it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Time {
    Column {
        name: String,
        wire: Wire,
    },
    /// Every row has to be read to know its time: why.
    Unordered(String),
}

/// PostgreSQL knows earlier and later times, but no window is there.
const FIRST: i64 = -62_135_596_800_000_000;
const LAST: i64 = 253_402_300_800_000_000;
/// A zone may skip a day, or live an hour twice: near a change of its clock so much more is read on each side.
const CHANGE: SignedDuration = SignedDuration::from_hours(25);

impl Time {
    /// Which column the paths of the config's `field` name; none at all is a mistake in the config.
    pub(super) fn of(columns: &[Column], field: &str, paths: &[String], key: &str) -> Result<Self> {
        let leads_to =
            |column: &&Column| paths.iter().any(|path| *path == column.name || begins(path, column.name.as_str()));
        let named: Vec<&Column> = columns.iter().filter(leads_to).collect();
        let Some(column) = named.first() else {
            return Err(Fault::setup(format!(
                "{field}: {key} has no column `{}`; it has: {}",
                paths.join("`, `"),
                instead(paths.first().map_or("", String::as_str), columns.iter().map(|column| column.name.as_str()))
            )));
        };
        if named.len() > 1 {
            return Ok(Self::Unordered("the time may stand in several columns".to_owned()));
        }
        if !paths.contains(&column.name) {
            return Ok(Self::Unordered(format!("the time stands inside `{}`", column.name)));
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
            _ => Self::Unordered(format!(
                "`{}` is {}, whose order is not that of the times it says",
                column.name, column.kind
            )),
        })
    }

    /// What the rows of a window fulfil, and few others. `None`: nothing can be said.
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
            _ => epochs(&column, from, to),
        };
        Some(if condition.is_empty() { format!("{column} IS NOT NULL") } else { condition })
    }

    /// Rows that no window holds, as they have no time.
    pub(super) fn timeless(&self) -> Option<String> {
        let Self::Column { name, .. } = self else { return None };
        Some(format!("log.{} IS NULL", quoted(name)))
    }

    /// What brings the latest first.
    pub(super) fn latest_first(&self) -> Option<String> {
        let Self::Column { name, .. } = self else { return None };
        Some(format!("log.{} DESC NULLS LAST", quoted(name)))
    }
}

/// Whether `path` leads into `name`.
pub(super) fn begins(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

/// What the clock of the zone shows; where it changes about then, `beside` it.
fn wall(at: Instant, zone: &TimeZone, beside: SignedDuration) -> String {
    let offset = |by: SignedDuration| zone.to_offset(at.timestamp().checked_add(by).unwrap_or(at.timestamp()));
    let is_even = offset(-CHANGE) == offset(CHANGE) && offset(CHANGE) == offset(SignedDuration::ZERO);
    let shown = zone.to_datetime(at.timestamp());
    let shown = if is_even { shown } else { shown.checked_add(beside).unwrap_or(shown) };
    shown.to_string()
}

/// The unit of an epoch follows from its size: a range of each unit.
fn epochs(column: &str, from: Option<Instant>, to: Option<Instant>) -> String {
    // Seconds, milliseconds, microseconds, nanoseconds: in a thousandth of a microsecond.
    let ranges = [1_000_000_000_i128, 1_000_000, 1_000, 1].map(|unit| {
        let least = from.map(|from| format!("{column} >= {}", (i128::from(from.0) * 1_000).div_euclid(unit)));
        let end = to.map(|to| format!("{column} < {}", (i128::from(to.0) * 1_000).div_euclid(unit) + 1));
        least.into_iter().chain(end).collect::<Vec<_>>().join(" AND ")
    });
    if ranges.iter().any(String::is_empty) {
        return String::new();
    }
    format!("({})", ranges.map(|range| format!("({range})")).join(" OR "))
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
    fn a_window_is_a_range_of_the_column() {
        let october = day("2026-10-01", "2026-10-02");
        assert_eq!(
            within(Wire::Zoned, october, "UTC"),
            "log.\"ts\" >= '2026-10-01T00:00:00Z'::timestamptz AND log.\"ts\" < '2026-10-02T00:00:00Z'::timestamptz"
        );
        assert_eq!(
            within(Wire::Civil, october, "Europe/Paris"),
            "log.\"ts\" >= '2026-10-01T02:00:00'::timestamp AND log.\"ts\" < '2026-10-02T02:00:00'::timestamp"
        );
        // The night in which Paris lives an hour twice.
        assert_eq!(
            within(Wire::Civil, day("2026-10-25", "2026-10-28"), "Europe/Paris"),
            "log.\"ts\" >= '2026-10-24T01:00:00'::timestamp AND log.\"ts\" < '2026-10-28T01:00:00'::timestamp"
        );
        assert_eq!(
            within(Wire::Int8, day("2026-10-01", "2026-10-02"), "UTC"),
            "((log.\"ts\" >= 1790812800 AND log.\"ts\" < 1790899201) \
             OR (log.\"ts\" >= 1790812800000 AND log.\"ts\" < 1790899200001) \
             OR (log.\"ts\" >= 1790812800000000 AND log.\"ts\" < 1790899200000001) \
             OR (log.\"ts\" >= 1790812800000000000 AND log.\"ts\" < 1790899200000000001))"
        );
        let all = Window { from: Instant(i64::MIN / 4), to: october.to };
        assert_eq!(within(Wire::Zoned, all, "UTC"), "log.\"ts\" < '2026-10-02T00:00:00Z'::timestamptz");
    }
}
