//! Computes which windows are due, from the settled windows and the current time. Pure functions.

use std::collections::BTreeSet;

use vigie_profile::window::{Cadence, Instant, Window};

use crate::{
    config::Settings,
    fault::Result,
    ledger::{Ledger, RunStatus, WatchState},
};

/// The windows that are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Range of windows skipped because of `catch_up`, and their number.
    pub gap: Option<(Window, usize)>,
    /// Oldest first.
    pub windows: Vec<Window>,
    /// Every window before this is settled once the gap has been recorded.
    pub covered: Instant,
}

/// Returns the first of the last `catch_up` windows.
#[must_use]
pub(super) fn horizon(cadence: &Cadence, newest: Window, catch_up: u32) -> Window {
    (1..catch_up.max(1)).fold(newest, |window, _| cadence.before(window))
}

/// Returns the windows from `from` to `newest`, oldest first.
#[must_use]
pub(super) fn between(cadence: &Cadence, from: Instant, newest: Window) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut window = cadence.window_at(from);
    while window.from < newest.to {
        windows.push(window);
        window = cadence.after(window);
    }
    windows
}

/// Returns the windows due up to `newest`. Settled are all windows before `covered`, and those in `settled`.
#[must_use]
pub fn due(cadence: &Cadence, newest: Window, covered: Instant, settled: &BTreeSet<Window>, catch_up: u32) -> Due {
    let horizon = horizon(cadence, newest, catch_up);
    let gap = Window::new(covered, horizon.from).and_then(|gap| {
        let missed = between(cadence, gap.from, cadence.before(horizon));
        let missed = missed.iter().filter(|window| !settled.contains(window)).count();
        (missed > 0).then_some((gap, missed))
    });
    let start = covered.max(horizon.from);
    let windows: Vec<Window> = between(cadence, start, newest)
        .into_iter()
        .filter(|window| window.from >= start && !settled.contains(window))
        .collect();
    let covered = windows.first().map_or(newest.to.max(covered), |window| window.from);
    Due { gap, windows, covered }
}

/// Returns the windows that need no further check.
pub(super) fn settled(
    ledger: &mut Ledger,
    settings: &Settings,
    state: &WatchState,
    newest: Window,
    now: Instant,
) -> Result<BTreeSet<Window>> {
    let range = Window { from: state.covered.min(newest.from), to: newest.to };
    let runs = ledger.view(|tx| tx.runs_in(&settings.model.name, range))?;
    // A window checked by hand before it was over has not changed any alerts: it is still due.
    let settled =
        runs.iter().filter(|run| run.scheduled && matches!(run.status, RunStatus::Reported | RunStatus::Skipped));
    let cadence = settings.schedule.cadence();
    let mut settled: BTreeSet<Window> = settled.map(|run| run.window).collect();
    // After a wrong clock, `covered` may be before a gap that has been stated already; a gap stated at a time that has not
    // come yet is none.
    for gap in runs.iter().filter(|run| run.status == RunStatus::Gap && run.created_at <= now) {
        settled
            .extend(between(&cadence, gap.window.from, gap.window).into_iter().filter(|one| one.to <= gap.window.to));
    }
    Ok(settled)
}

/// Returns the windows due according to the ledger.
pub fn due_from_ledger(
    ledger: &mut Ledger,
    settings: &Settings,
    state: &WatchState,
    newest: Window,
    now: Instant,
) -> Result<Due> {
    let schedule = &settings.schedule;
    let settled = settled(ledger, settings, state, newest, now)?;
    Ok(due(&schedule.cadence(), newest, state.covered, &settled, schedule.catch_up))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn cadence(span: &str, zone: &str) -> Cadence {
        Cadence::new(span.parse().unwrap(), TimeZone::get(zone).unwrap()).unwrap()
    }

    #[test]
    fn windows_beyond_catch_up_are_a_gap() {
        let cadence = cadence("1d", "Europe/Paris");
        let day = |n: i64| cadence.window_at(Instant(n * 86_400_000_000 + 43_200_000_000));
        let due = due(&cadence, day(100), day(50).from, &BTreeSet::new(), 31);
        assert_eq!(due.windows.len(), 31);
        assert_eq!(due.gap, Some((Window { from: day(50).from, to: day(70).from }, 20)));
        assert_eq!(due.windows.last(), Some(&day(100)));
        assert_eq!(due.covered, day(70).from);
    }

    proptest! {
        /// For any times of the checks and any outages, gaps and windows cover time without overlap.
        #[test]
        fn checks_cover_all_time(
            steps in prop::collection::vec(1i64..3_000, 1..40),
            catch_up in 1u32..40,
            span in prop::sample::select(vec!["1d", "1h", "1w"]),
            zone in prop::sample::select(vec!["Europe/Paris", "America/New_York", "UTC"]),
        ) {
            let cadence = cadence(span, zone);
            let start = cadence.window_at(Instant(1_770_000_000_000_000));
            let mut covered = start.from;
            let mut now = start.from;
            let mut end = start.from;
            for step in steps {
                now = Instant(now.0 + step * 1_800_000_000);
                let newest = cadence.before(cadence.window_at(now));
                if newest.to <= covered {
                    continue;
                }
                let due = due(&cadence, newest, covered, &BTreeSet::new(), catch_up);
                if let Some((gap, _)) = due.gap {
                    prop_assert_eq!(gap.from, end);
                    end = gap.to;
                }
                for window in &due.windows {
                    prop_assert_eq!(window.from, end);
                    prop_assert!(cadence.contains(*window));
                    end = window.to;
                }
                prop_assert_eq!(end, newest.to);
                covered = end;
            }
        }
    }
}
