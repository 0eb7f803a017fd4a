//! Numbers of records per window, to find windows that are due or have changed.

use vigie_profile::window::Window;

use super::threads::{Progress, pass};
use crate::{
    fault::Result,
    source::{Log, Request},
};

/// Counts the records of each window in one pass that reads only timestamps. Windows must be in ascending order and
/// must not overlap.
pub fn count_records(log: &Log, windows: &[Window], threads: usize, progress: Progress<'_>) -> Result<Vec<u64>> {
    let (Some(first), Some(last)) = (windows.first(), windows.last()) else { return Ok(Vec::new()) };
    let whole = Window { from: first.from, to: last.to };
    let plan = log.plan(&Request { columns: Vec::new(), window: Some(whole) })?;
    let pass = pass(&plan, threads, progress, &|| vec![0_u64; windows.len()], &|counts, records| {
        for at in &records.timestamp {
            let place = windows.partition_point(|window| window.to.0 <= *at);
            if windows.get(place).is_some_and(|window| window.from.0 <= *at)
                && let Some(count) = counts.get_mut(place)
            {
                *count += 1;
            }
        }
    })?;
    let mut counts = vec![0; windows.len()];
    for tally in pass.tallies {
        counts.iter_mut().zip(tally).for_each(|(all, more)| *all += more);
    }
    Ok(counts)
}
