//! Hive partitions: `dt=2026-10-01` or `year=2026/month=10/day=1[/hour=8]` in a path gives the day of its records.

use std::{collections::BTreeMap, path::Path};

use jiff::civil::{Date, date};
use vigie_profile::window::{Instant, Window};

/// The `key=value` folders above a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Partition {
    /// `None`: `__HIVE_DEFAULT_PARTITION__`, a missing value.
    pub values: BTreeMap<String, Option<String>>,
}

const DAY_US: i64 = 86_400_000_000;
/// The folder that Hive and Spark write for null.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

impl Partition {
    pub(super) fn from_path(path: &Path) -> Self {
        let folders = path.parent().into_iter().flat_map(Path::components);
        let values = folders
            .filter_map(|folder| {
                let folder = folder.as_os_str().to_str()?;
                let (key, value) = folder.split_once('=')?;
                Some((decoded(key), (value != MISSING).then(|| decoded(value))))
            })
            .collect();
        Self { values }
    }

    /// Returns whether the partition may contain records of the window. One more day is read on each side, because
    /// partitions start at midnight in an unknown time zone and writers may be late.
    pub(super) fn may_hold(&self, window: Window) -> bool {
        self.days().is_none_or(|(first, last)| {
            let start = |day: Date| {
                day.to_zoned_datetime(jiff::tz::TimeZone::UTC)
                    .map_or(0, |midnight| Instant::from(midnight.timestamp()).0)
            };
            start(first) - DAY_US < window.to.0 && window.from.0 < start(last) + 2 * DAY_US
        })
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.as_deref()
    }

    /// Returns the first and last day of the partition.
    fn days(&self) -> Option<(Date, Date)> {
        let keys = ["dt", "ds", "date", "day", "event_date", "log_date", "partition_date"];
        let whole = keys.iter().find_map(|key| self.value(key)?.parse::<Date>().ok());
        if let Some(day) = whole {
            return Some((day, day));
        }
        let part = |key: &str| self.value(key)?.parse::<i16>().ok();
        let year = part("year")?;
        let Some(month) = part("month").and_then(|month| i8::try_from(month).ok()) else {
            return Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?));
        };
        match part("day").and_then(|day| i8::try_from(day).ok()) {
            Some(day) => Date::new(year, month, day).ok().map(|day| (day, day)),
            None => {
                let first = Date::new(year, month, 1).ok()?;
                Some((first, date(first.year(), first.month(), first.days_in_month())))
            }
        }
    }
}

/// Decodes `%3A` and the like. Writers leave other characters, blanks too, as they are.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |place: usize| after.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        let code = (byte == b'%').then(|| u8::try_from(digit(0)? * 16 + digit(1)?).ok()).flatten();
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_read_if_their_days_may_overlap_the_window() {
        let window = |from: &str, to: &str| Window { from: at(from), to: at(to) };
        let october = window("2026-10-05T00:00:00Z", "2026-10-06T00:00:00Z");
        let holds = |path: &str| Partition::from_path(Path::new(path)).may_hold(october);
        assert!(holds("dt=2026-10-05/a.parquet"));
        assert!(holds("dt=2026-10-04/a.parquet"));
        assert!(holds("dt=2026-10-06/a.parquet"));
        assert!(!holds("dt=2026-10-03/a.parquet"));
        assert!(!holds("dt=2026-10-07/a.parquet"));
        assert!(holds("year=2026/month=10/a.parquet"));
        assert!(!holds("year=2026/month=8/a.parquet"));
        assert!(!holds("year=2026/month=10/day=12/hour=3/a.parquet"));
        assert!(holds("country=FR/a.parquet"));
    }

    #[test]
    fn keys_and_values_are_decoded() {
        let values = |path: &str| Partition::from_path(Path::new(path)).values;
        let decoded = values("ts=2026-11-20 08%3A00%3A00/K%C3%BC%2F=100%25 a+b/J=__HIVE_DEFAULT_PARTITION__/a.parquet");
        let wanted = [("J", None), ("Kü/", Some("100% a+b")), ("ts", Some("2026-11-20 08:00:00"))];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.map(str::to_owned)));
        assert_eq!(decoded, BTreeMap::from(wanted));
        assert_eq!(values("a=50%/b=%zz%4/x")["a"].as_deref(), Some("50%"));
        assert_eq!(values("a=50%/b=%zz%4/x")["b"].as_deref(), Some("%zz%4"));
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text, &jiff::tz::TimeZone::UTC).unwrap()
    }
}
