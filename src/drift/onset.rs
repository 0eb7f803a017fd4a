//! Since when a feature has changed, from its counts by slot of the window's time.

use vigie_profile::sketch::{SlotCount, SlotCounts, Slots};
use vigie_stats::{StepCount, best_interval, best_split};

use super::{Change, Onset, OnsetOf};

/// Fewest rows on each side of an onset, and inside an episode.
const MIN_ROWS: u64 = 9;
/// Least logarithm of the likelihood ratio of a split: without a change inside the window, none of 4,000 features reached it.
const MIN_LOG_RATIO: f64 = 12.0;
/// The same of an interval, of which there are many more. Without a change, and with a difference of at least
/// [`MIN_DIFFERENCE`], none of 24,000 features reached it (300 to 3,000 rows, shares of 2% to 50%), and 2 reached 12.
const MIN_EPISODE_LOG_RATIO: f64 = 14.0;
/// An interval must be likelier than a split by this much: one edge more fits chance better. Of 8,300 steps that last, 51 gained
/// as much.
const MIN_EPISODE_GAIN: f64 = 4.0;
/// Least difference of the shares before and after.
const MIN_DIFFERENCE: f64 = 0.3;
/// Share of the reference below its 10% quantile, and above its 90% quantile.
const TAIL: f64 = 0.1;

/// Finds the onset of a change; `None` if it concerns the whole window, or cannot be dated. `reference_missing` is the missing
/// share in the reference.
#[must_use]
pub fn onset(change: &Change, reference_missing: f64, slots: Slots, counts: &SlotCounts) -> Option<Onset> {
    let dated_by: &[OnsetOf] = match change {
        // Nothing that is counted by time shows old values, other rows' values, or levels.
        Change::Absent | Change::Stale { .. } | Change::Repeated { .. } | Change::Merged { .. } => &[],
        Change::Gap { .. } | Change::Filled { .. } => &[OnsetOf::Missing],
        Change::Spelling { .. } | Change::NewLevel { .. } => &[OnsetOf::Unseen],
        Change::Sentinel { .. }
        | Change::Atom { .. }
        | Change::Unit { .. }
        | Change::Factor { .. }
        | Change::Offset { .. }
        | Change::Constant { .. }
        | Change::Shift => &[OnsetOf::Low, OnsetOf::High],
    };
    let dated = dated_by.iter().filter_map(|of| {
        let usual = match of {
            OnsetOf::Missing => reference_missing,
            OnsetOf::Unseen => 0.0,
            OnsetOf::Low | OnsetOf::High => TAIL,
        };
        let steps: Vec<StepCount> = counts.slots().iter().map(|slot| step(*of, *slot)).collect();
        step_or_episode(&steps, usual).map(|found| (*of, found))
    });
    let (of, found) = dated.max_by(|a, b| a.1.log_ratio.total_cmp(&b.1.log_ratio))?;
    Some(Onset {
        at: slots.start(found.from),
        until: found.until.map(|slot| slots.start(slot)),
        resolution_s: slots.length_s(),
        of,
        before: found.outside,
        after: found.inside,
    })
}

/// Slots in which a share was another one.
struct Episode {
    from: usize,
    /// `None` if it lasted.
    until: Option<usize>,
    log_ratio: f64,
    inside: f64,
    outside: f64,
}

/// The time from which a share was another one than usual, and until which if it returned.
fn step_or_episode(steps: &[StepCount], usual: f64) -> Option<Episode> {
    let split = best_split(steps, MIN_ROWS).map(|split| Episode {
        from: split.at,
        until: None,
        log_ratio: split.log_ratio,
        inside: split.after,
        outside: split.before,
    });
    let least = split.as_ref().map_or(0.0, |split| split.log_ratio + MIN_EPISODE_GAIN).max(MIN_EPISODE_LOG_RATIO);
    let interval = best_interval(steps, MIN_ROWS).map(|interval| Episode {
        from: interval.from,
        until: Some(interval.until),
        log_ratio: interval.log_ratio,
        inside: interval.inside,
        outside: interval.outside,
    });
    // A share that returned to the usual one is the end of a change.
    let departs = |found: &Episode| (found.inside - usual).abs() > (found.outside - usual).abs();
    let is_clear = |found: &Episode, least: f64| {
        found.log_ratio >= least && (found.inside - found.outside).abs() >= MIN_DIFFERENCE
    };
    interval
        .filter(|found| is_clear(found, least) && departs(found))
        .or_else(|| split.filter(|found| is_clear(found, MIN_LOG_RATIO) && departs(found)))
}

fn step(of: OnsetOf, slot: SlotCount) -> StepCount {
    let (hits, rows) = match of {
        OnsetOf::Missing => (slot.missing, slot.rows),
        OnsetOf::Unseen => (slot.unseen, slot.rows),
        OnsetOf::Low => (slot.low, slot.present()),
        OnsetOf::High => (slot.high, slot.present()),
    };
    StepCount { hits: u64::from(hits), rows: u64::from(rows) }
}

#[cfg(test)]
mod tests {
    use vigie_profile::window::{Instant, Window};

    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn day() -> Slots {
        Slots::new(Window::new(Instant(0), Instant(1_440 * MINUTE)).unwrap())
    }

    /// A row every two minutes, missing and high as the minute says.
    fn counts(is_missing: impl Fn(i64) -> bool, is_high: impl Fn(i64) -> bool) -> SlotCounts {
        let mut counts = SlotCounts::empty(day());
        for minute in (0..1_440).step_by(2) {
            counts.observe(day().slot(Instant(minute * MINUTE)), |slot| {
                slot.missing += u32::from(is_missing(minute));
                slot.high += u32::from(!is_missing(minute) && is_high(minute));
            });
        }
        counts
    }

    #[test]
    fn a_gap_is_dated_to_the_minute() {
        let gap = Change::Gap { extent: 0.4 };
        let from = |start: i64| counts(move |minute| minute >= start || minute % 8 == 0, |_| false);
        let found = onset(&gap, 0.25, day(), &from(860)).unwrap();
        assert_eq!(
            (found.at, found.resolution_s, found.of, found.after),
            (Instant(860 * MINUTE), 60, OnsetOf::Missing, 1.0)
        );
        // Between two rows.
        assert_eq!(onset(&gap, 0.25, day(), &from(861)).unwrap().at, Instant(862 * MINUTE));
        assert_eq!(onset(&gap, 0.25, day(), &from(0)), None, "all day");
        assert_eq!(onset(&gap, 0.25, day(), &counts(|minute| minute % 4 == 0, |_| false)), None);
        let repaired = counts(|minute| minute < 600, |_| false);
        assert_eq!(onset(&gap, 0.25, day(), &repaired), None, "it ended");
        assert_eq!(onset(&Change::Shift, 0.25, day(), &from(860)), None, "the values did not change");
    }

    #[test]
    fn a_gap_that_ended_has_both_times() {
        let gap = Change::Gap { extent: 0.1 };
        let between =
            |from: i64, to: i64| counts(move |minute| (from..to).contains(&minute) || minute % 8 == 0, |_| false);
        let found = onset(&gap, 0.25, day(), &between(540, 660)).unwrap();
        assert_eq!((found.at, found.until), (Instant(540 * MINUTE), Some(Instant(659 * MINUTE))));
        assert!((found.after - 1.0).abs() < 1e-9 && (found.before - 0.25).abs() < 0.01, "{found:?}");
        // Until the end of the day it is a change that lasts.
        assert_eq!(onset(&gap, 0.25, day(), &between(1_200, 1_440)).unwrap().until, None);
        // Two hours in which all was as usual are not a change.
        let usual = counts(|minute| !(540..660).contains(&minute) && minute % 8 > 0, |_| false);
        assert_eq!(onset(&gap, 0.0, day(), &usual), None);
    }

    #[test]
    fn another_unit_is_dated_by_high_values() {
        let unit = Change::Unit { factor: 1_000.0, extent: 0.5 };
        let counts = counts(|minute| minute % 6 == 0, |minute| minute >= 720 || minute % 20 == 2);
        let found = onset(&unit, 0.3, day(), &counts).unwrap();
        assert_eq!((found.at, found.of, found.after), (Instant(722 * MINUTE), OnsetOf::High, 1.0));
        assert!(found.before < 0.15);
    }
}
