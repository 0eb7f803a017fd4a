//! Counts of a feature's rows by slot of the window's time: when they were missing, unknown, low or high.

use crate::window::{Instant, Window};

/// Most slots of a window.
const MAX_SLOTS: i64 = 1_440;
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Lengths of slots in seconds, up to a day: parts of minutes, hours and days.
const LENGTHS_S: [i64; 18] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/// Equal parts of a window: at most 1,440, a minute each in a window of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    from: Instant,
    length_us: i64,
    count: u16,
}

impl Slots {
    #[must_use]
    pub fn new(window: Window) -> Self {
        let width = window.to.0.saturating_sub(window.from.0);
        let count = |length: i64| width / length + i64::from(width % length > 0);
        let of_day = LENGTHS_S.iter().map(|seconds| seconds * SECOND).find(|length| count(*length) <= MAX_SLOTS);
        let length_us = of_day.unwrap_or_else(|| {
            let days = width / (MAX_SLOTS * DAY) + 1;
            days.saturating_mul(DAY)
        });
        Self { from: window.from, length_us, count: u16::try_from(count(length_us)).unwrap_or(1).max(1) }
    }

    /// Number of slots.
    #[must_use]
    pub fn count(self) -> usize {
        usize::from(self.count)
    }

    /// Length of a slot in seconds.
    #[must_use]
    pub fn length_s(self) -> u64 {
        (self.length_us / SECOND).unsigned_abs()
    }

    /// Slot of an instant of the window; instants outside have the nearest.
    #[inline]
    #[must_use]
    pub fn slot(self, at: Instant) -> u16 {
        let slot = at.0.saturating_sub(self.from.0).max(0) / self.length_us;
        u16::try_from(slot).unwrap_or(u16::MAX).min(self.count - 1)
    }

    /// Slots of instants. Consecutive ones mostly share a slot, and comparing takes less time than dividing.
    pub fn slots(self, instants: impl Iterator<Item = Instant>) -> impl Iterator<Item = u16> {
        let (mut slot, mut start, mut end) = (0, 0, 0);
        instants.map(move |at| {
            if !(start..end).contains(&at.0) {
                slot = self.slot(at);
                start = self.start(usize::from(slot)).0;
                end = start.saturating_add(self.length_us);
            }
            slot
        })
    }

    /// Start of a slot.
    #[must_use]
    pub fn start(self, slot: usize) -> Instant {
        let slot = i64::try_from(slot).unwrap_or(i64::MAX);
        Instant(self.from.0.saturating_add(self.length_us.saturating_mul(slot)))
    }
}

/// Rows of a feature in one slot. More than 2^32 rows count as that many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlotCount {
    /// All rows, with a value or without.
    pub rows: u32,
    pub missing: u32,
    /// Rows with a level that the reference does not have.
    pub unseen: u32,
    /// Rows below the reference's 10% quantile.
    pub low: u32,
    /// Rows above the reference's 90% quantile.
    pub high: u32,
}

impl SlotCount {
    /// Rows with a value.
    #[must_use]
    pub fn present(self) -> u32 {
        self.rows.saturating_sub(self.missing)
    }
}

/// Rows of a feature by slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotCounts(Vec<SlotCount>);

impl SlotCounts {
    /// Creates empty counts.
    #[must_use]
    pub fn empty(slots: Slots) -> Self {
        Self(vec![SlotCount::default(); slots.count()])
    }

    /// Counts a row: `count` adds what else it is.
    #[inline]
    pub fn observe(&mut self, slot: u16, count: impl FnOnce(&mut SlotCount)) {
        if let Some(slot) = self.0.get_mut(usize::from(slot)) {
            slot.rows = slot.rows.saturating_add(1);
            count(slot);
        }
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            ours.rows = ours.rows.saturating_add(theirs.rows);
            ours.missing = ours.missing.saturating_add(theirs.missing);
            ours.unseen = ours.unseen.saturating_add(theirs.unseen);
            ours.low = ours.low.saturating_add(theirs.low);
            ours.high = ours.high.saturating_add(theirs.high);
        }
    }

    /// Counts in the order of time.
    #[must_use]
    pub fn slots(&self) -> &[SlotCount] {
        &self.0
    }

    /// Sum of one of the counts.
    #[must_use]
    pub fn total(&self, count: impl Fn(&SlotCount) -> u32) -> u64 {
        self.0.iter().map(|slot| u64::from(count(slot))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * SECOND;

    fn slots(width: i64) -> Slots {
        Slots::new(Window::new(Instant(7), Instant(7 + width)).unwrap())
    }

    #[test]
    fn a_window_has_at_most_1440_slots_of_a_round_length() {
        let expected = [
            (1, 1, 1),
            (SECOND, 1, 1),
            (60 * MINUTE, 720, 5),
            (DAY, 1_440, 60),
            // A day with 25 hours.
            (DAY + 60 * MINUTE, 750, 120),
            (7 * DAY, 1_008, 600),
            (30 * DAY, 1_440, 1_800),
            (31 * DAY, 744, 3_600),
            (5_000 * DAY, 1_250, 4 * 86_400),
        ];
        for (width, count, length) in expected {
            assert_eq!((slots(width).count(), slots(width).length_s()), (count, length), "{width}");
        }
        let all = Slots::new(Window { from: Instant(i64::MIN), to: Instant(i64::MAX) });
        assert!(all.count() <= 1_440);
    }

    #[test]
    fn an_instant_is_in_the_slot_that_starts_before_it() {
        let day = slots(DAY);
        for (at, slot) in [(7, 0), (6 + MINUTE, 0), (7 + MINUTE, 1), (6 + DAY, 1_439), (7 + DAY, 1_439), (0, 0)] {
            assert_eq!(day.slot(Instant(at)), slot, "{at}");
        }
        assert_eq!(day.start(860), Instant(7 + 860 * MINUTE));
        let times =
            [7, 8, MINUTE + 6, MINUTE + 7, MINUTE + 8, 0, -9, 7 + DAY, 8 + DAY, 6 + DAY, 5 * MINUTE, 7].map(Instant);
        let one_by_one: Vec<u16> = times.iter().map(|at| day.slot(*at)).collect();
        assert_eq!(day.slots(times.into_iter()).collect::<Vec<u16>>(), one_by_one);
    }

    #[test]
    fn merged_counts_are_sums() {
        let mut all = SlotCounts::empty(slots(2 * SECOND));
        all.observe(0, |slot| slot.missing += 1);
        let mut more = SlotCounts::empty(slots(2 * SECOND));
        more.observe(1, |slot| slot.high += 1);
        more.observe(0, |_| {});
        all.merge(&more);
        let first = SlotCount { rows: 2, missing: 1, ..SlotCount::default() };
        assert_eq!(all.slots(), [first, SlotCount { rows: 1, high: 1, ..SlotCount::default() }]);
        assert_eq!((all.total(|slot| slot.rows), all.total(|slot| slot.present())), (3, 2));
    }
}
