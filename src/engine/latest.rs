//! Time of the latest record.

use vigie_profile::window::{Instant, Window};

use super::threads::{Progress, pass};
use crate::{
    fault::Result,
    source::{Latest, Log, Request},
};

/// Time of the latest record before `end`; reads only timestamps.
pub fn latest(log: &Log, end: Instant, threads: usize, progress: Progress<'_>) -> Result<Option<Instant>> {
    let window = Window { from: Instant(i64::MIN / 4), to: end };
    let request = Request { columns: Vec::new(), window: Some(window) };
    if let Latest::Known(latest) = log.latest(&request)? {
        return Ok(latest);
    }
    let plan = log.plan(&request)?;
    let pass = pass(&plan, threads, progress, &|| None::<i64>, &|latest, records| {
        *latest = (*latest).max(records.timestamp.iter().copied().max());
    })?;
    Ok(pass.tallies.into_iter().flatten().max().map(Instant))
}
