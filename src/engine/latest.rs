//! When the log was last written to before a given moment.

use super::threads::{Progress, pass};
use crate::{
    fault::Outcome,
    source::{FileLog, Request},
    window::{Instant, Window},
};

/// The time of the latest record before `end`; only times are looked at.
pub fn latest(log: &FileLog, end: Instant, threads: usize, progress: Progress<'_>) -> Outcome<Option<Instant>> {
    let window = Window { from: Instant(i64::MIN / 4), to: end };
    let plan = log.plan(&Request { columns: Vec::new(), window: Some(window) })?;
    let pass = pass(&plan, threads, progress, &|| None::<i64>, &|latest, records| {
        *latest = (*latest).max(records.timestamp.iter().copied().max());
    });
    Ok(pass.tallies.into_iter().flatten().max().map(Instant))
}
