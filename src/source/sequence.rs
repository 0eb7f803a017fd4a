//! Sequence numbers of a log's writers: which are missing.
//!
//! Each writer numbers its records without gaps, so that a gap is a lost record. Numbers are noted of all records that are
//! read, also of those that `where` or the window excludes, because a window takes records by their time, which two
//! concurrent requests may have in another order than their numbers.

use std::collections::{BTreeMap, btree_map::Entry};

use vigie_profile::window::{Instant, Window};

use super::writer_name::started;

/// How far around the window rows of a table are read for their numbers, in microseconds: an hour. (Of files, the days
/// before and after are read.) Records are at most that far from the order of their numbers.
pub(super) const MARGIN_US: i64 = 3_600_000_000;
/// Ranges of numbers, and writers, above which they are not followed, at about a hundred bytes each.
const MAX_RANGES: usize = 200_000;

/// The numbers that were read, as ranges by writer. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceTally {
    writers: BTreeMap<String, WriterNumbers>,
    ranges: usize,
    /// Whether there were too many ranges; then nothing is kept.
    is_overfull: bool,
}

/// The numbers of one writer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct WriterNumbers {
    /// By the first number; ranges neither overlap nor touch.
    ranges: BTreeMap<u64, NumberRange>,
    /// Records that the writer says it dropped just before a number, in the window.
    dropped: BTreeMap<u64, u64>,
}

/// Numbers without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NumberRange {
    last: u64,
    /// Whether the record of the first number is in the window.
    begins_in_window: bool,
}

/// A record's place in the sequence of its writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SequencePlace<'a> {
    pub writer: &'a str,
    pub number: u64,
    /// Number of records just before it that the writer dropped because its log was full; they have numbers, too.
    pub dropped: u64,
    pub is_in_window: bool,
}

/// Missing records of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingRecords {
    Counted {
        /// Records that the numbers say were written, and that are not in the log.
        missing: u64,
        /// Writers that miss records.
        writers: u64,
        /// Records that writers dropped because their log was full.
        dropped: u64,
    },
    /// There are too many writers or gaps.
    TooMany,
}

impl SequenceTally {
    /// Notes a record.
    pub(super) fn note(&mut self, place: SequencePlace<'_>) {
        if self.is_overfull {
            return;
        }
        let writer = match self.writers.get_mut(place.writer) {
            Some(writer) => writer,
            None => self.writers.entry(place.writer.to_owned()).or_default(),
        };
        let before = writer.ranges.len() + writer.dropped.len();
        let dropped = place.dropped.min(place.number);
        if dropped > 0 && place.is_in_window {
            writer.dropped.insert(place.number, dropped);
        }
        writer.add(place.number - dropped, place.number, place.is_in_window);
        let after = writer.ranges.len() + writer.dropped.len();
        self.limit(before, after);
    }

    /// Adds what another reader noted.
    pub fn merge(&mut self, other: Self) {
        self.is_overfull |= other.is_overfull;
        for (name, theirs) in other.writers {
            if self.is_overfull {
                break;
            }
            let (before, after) = match self.writers.entry(name) {
                Entry::Vacant(entry) => {
                    let writer = entry.insert(theirs);
                    (0, writer.ranges.len() + writer.dropped.len())
                }
                Entry::Occupied(entry) => {
                    let ours = entry.into_mut();
                    let before = ours.ranges.len() + ours.dropped.len();
                    for (first, range) in theirs.ranges {
                        ours.add(first, range.last, range.begins_in_window);
                    }
                    ours.dropped.extend(theirs.dropped);
                    (before, ours.ranges.len() + ours.dropped.len())
                }
            };
            self.limit(before, after);
        }
        if self.is_overfull {
            self.clear();
        }
    }

    /// Notes that a writer has `after` instead of `before` ranges.
    fn limit(&mut self, before: usize, after: usize) {
        self.ranges = (self.ranges + after).saturating_sub(before);
        if self.ranges > MAX_RANGES {
            self.clear();
        }
    }

    fn clear(&mut self) {
        *self = Self { is_overfull: true, ..Self::default() };
    }

    /// Counts what is missing, once all records have been noted; `None` if none has a number.
    ///
    /// A gap belongs to the window of the first record after it, so that each is counted once. What a writer wrote last
    /// cannot be known. What it wrote first is known if its name says that it began within the records read.
    #[must_use]
    pub fn missing(&self, window: Window) -> Option<MissingRecords> {
        if self.is_overfull {
            return Some(MissingRecords::TooMany);
        }
        let (mut missing, mut writers, mut dropped) = (0_u64, 0, 0_u64);
        for (name, writer) in &self.writers {
            let has_begin = started(name).is_some_and(|at| at.0 >= window.from.0.saturating_sub(MARGIN_US));
            let own = writer.missing(has_begin);
            missing = missing.saturating_add(own);
            writers += u64::from(own > 0);
            dropped = writer.dropped.values().fold(dropped, |sum, own| sum.saturating_add(*own));
        }
        (!self.writers.is_empty()).then_some(MissingRecords::Counted { missing, writers, dropped })
    }
}

impl WriterNumbers {
    /// Adds the numbers from `first` to `last`.
    fn add(&mut self, first: u64, last: u64, begins_in_window: bool) {
        let (mut first, mut range) = (first, NumberRange { last, begins_in_window });
        // What begins before, and reaches or touches it.
        let before = self.ranges.range_mut(..=first).next_back();
        if let Some((start, before)) = before.filter(|(_, before)| before.last.saturating_add(1) >= first) {
            if *start == first {
                before.begins_in_window |= begins_in_window;
            }
            if before.last >= last {
                return;
            }
            range.begins_in_window = before.begins_in_window;
            first = *start;
        }
        // What begins within it, or right behind it.
        while let Some((start, next)) = self.ranges.range(first.saturating_add(1)..=range.last.saturating_add(1)).next()
        {
            let start = *start;
            range.last = range.last.max(next.last);
            self.ranges.remove(&start);
        }
        self.ranges.insert(first, range);
    }

    /// Number of missing records before records of the window. `has_begin`: whether all of its records have been read.
    fn missing(&self, has_begin: bool) -> u64 {
        // The first number may be 0 or 1.
        let mut next = has_begin.then_some(1);
        let mut missing = 0_u64;
        for (first, range) in &self.ranges {
            if let Some(next) = next.filter(|_| range.begins_in_window) {
                missing = missing.saturating_add(first.saturating_sub(next));
            }
            next = Some(range.last.saturating_add(1));
        }
        missing
    }
}

/// The number that a value of the log is; `None` if it is not a whole number.
pub(super) fn sequence_number(value: f64) -> Option<u64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in range")]
    (value.fract() == 0.0 && (0.0..=LARGEST).contains(&value)).then_some(value as u64)
}

/// The window, and what is read around it for the numbers.
pub(super) fn with_margin(window: Window) -> Window {
    Window {
        from: Instant(window.from.0.saturating_sub(MARGIN_US)),
        to: Instant(window.to.0.saturating_add(MARGIN_US)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const WINDOW: Window = Window { from: Instant(1_791_000_000_000_000), to: Instant(1_791_086_400_000_000) };

    fn place(writer: &str, number: u64, is_in_window: bool) -> SequencePlace<'_> {
        SequencePlace { writer, number, dropped: 0, is_in_window }
    }

    fn tally(places: &[SequencePlace<'_>]) -> SequenceTally {
        let mut tally = SequenceTally::default();
        places.iter().for_each(|place| tally.note(*place));
        tally
    }

    fn missing(places: &[SequencePlace<'_>]) -> (u64, u64, u64) {
        match tally(places).missing(WINDOW) {
            Some(MissingRecords::Counted { missing, writers, dropped }) => (missing, writers, dropped),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn gaps_belong_to_the_window_of_the_record_after_them() {
        let new = format!("api-{}-7", Instant(WINDOW.from.0 + 60_000_000).compact());
        let old = format!("api-{}-7", Instant(WINDOW.from.0 - 2 * MARGIN_US).compact());
        assert_eq!(missing(&[place("a", 5, true), place("a", 6, true)]), (0, 0, 0), "the beginning is unknown");
        assert_eq!(missing(&[place("a", 5, true), place("a", 9, true), place("b", 1, true)]), (3, 1, 0));
        assert_eq!(missing(&[place(&new, 3, true), place(&new, 4, true)]), (2, 1, 0), "it began in the window");
        assert_eq!(missing(&[place(&new, 1, true)]), (0, 0, 0));
        assert_eq!(missing(&[place(&new, 0, true)]), (0, 0, 0));
        assert_eq!(missing(&[place(&old, 3, true)]), (0, 0, 0), "it may have been silent for a day");
        // Records around the border, of which times and numbers are in different orders.
        let border = [place("a", 7, false), place("a", 9, false), place("a", 8, true), place("a", 10, true)];
        assert_eq!(missing(&border), (0, 0, 0));
        assert_eq!(missing(&[place("a", 7, false), place("a", 9, true)]), (1, 1, 0));
        assert_eq!(missing(&[place("a", 7, true), place("a", 9, false)]), (0, 0, 0), "the next window counts it");
        assert_eq!(tally(&[]).missing(WINDOW), None);
    }

    #[test]
    fn records_that_the_writer_dropped_are_not_missing() {
        let after = |number, dropped| SequencePlace { dropped, ..place("a", number, true) };
        assert_eq!(missing(&[place("a", 7, true), after(11, 3)]), (0, 0, 3));
        assert_eq!(missing(&[place("a", 7, true), after(12, 3), after(12, 3)]), (1, 1, 3), "twins drop nothing twice");
        assert_eq!(missing(&[after(2, 9)]), (0, 0, 2), "no more than its number");
    }

    #[test]
    fn too_many_ranges_are_not_kept() {
        let mut tally = SequenceTally::default();
        for number in 0..=MAX_RANGES as u64 {
            tally.note(place("a", 2 * number, true));
        }
        assert_eq!(tally.missing(WINDOW), Some(MissingRecords::TooMany));
        assert!(tally.writers.is_empty());
        let mut other = self::tally(&[place("a", 5, true)]);
        other.merge(tally);
        assert_eq!(other.missing(WINDOW), Some(MissingRecords::TooMany));
    }

    proptest! {
        /// Any order of records, in any number of parts, with twins, leaves the same numbers missing as a set of numbers.
        #[test]
        fn ranges_count_as_a_set_does(
            numbers in prop::collection::vec((0_u64..2, 0_u64..60, any::<bool>()), 1..120),
            parts in 1_usize..5,
        ) {
            // The time of a record does not depend on how often it was read.
            let in_window = |writer: u64, number: u64| numbers.iter().any(|(w, n, is)| (*w, *n) == (writer, number) && *is);
            let names = ["a", "b"];
            let all: Vec<SequencePlace<'_>> = numbers
                .iter()
                .map(|(writer, number, _)| place(names[usize::try_from(*writer).unwrap()], *number, in_window(*writer, *number)))
                .collect();
            let mut merged = SequenceTally::default();
            for part in all.chunks(all.len().div_ceil(parts)).rev() {
                merged.merge(tally(part));
            }
            prop_assert_eq!(&merged, &tally(&all));
            let mut expected = 0;
            for writer in 0..2 {
                let known: BTreeSet<u64> = numbers.iter().filter(|(own, _, _)| *own == writer).map(|(_, n, _)| *n).collect();
                let pairs = known.iter().zip(known.iter().skip(1)).filter(|(_, next)| in_window(writer, **next));
                expected += pairs.map(|(number, next)| next - number - 1).sum::<u64>();
            }
            prop_assert_eq!(missing(&all).0, expected);
        }
    }
}
