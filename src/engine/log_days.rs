//! How many records a log has in each window of a cadence.

use std::collections::BTreeMap;

use vigie_profile::window::{Cadence, Instant, Window};

use super::threads::{Progress, pass};
use crate::{
    fault::Result,
    source::{Log, Request},
};

/// Windows with records, in the order of time, with the number of records; reads only times.
pub fn log_days(log: &Log, cadence: &Cadence, threads: usize, progress: Progress<'_>) -> Result<Vec<(Window, u64)>> {
    let plan = log.plan(&Request { columns: Vec::new(), window: None })?;
    let pass = pass(&plan, threads, progress, &BTreeMap::<Instant, (Window, u64)>::new, &|days, records| {
        for at in &records.timestamp {
            let at = Instant(*at);
            // Nearly all records are in the window of the one before.
            match days.range_mut(..=at).next_back() {
                Some((_, (window, count))) if window.contains(at) => *count += 1,
                _ => {
                    let window = cadence.window_at(at);
                    days.insert(window.from, (window, 1));
                }
            }
        }
    })?;
    let mut all: BTreeMap<Instant, (Window, u64)> = BTreeMap::new();
    for (from, (window, count)) in pass.tallies.into_iter().flatten() {
        all.entry(from).or_insert((window, 0)).1 += count;
    }
    Ok(all.into_values().collect())
}
