//! Counts records per window, without a reference, to find windows that are due or have changed since their last run.

use vigie_profile::window::Window;

use crate::{config::Settings, engine, fault::Result, monitor::run::ScanOptions, source::Log};

/// Number of records in each window, in chronological order.
pub fn tally(settings: &Settings, windows: &[Window], scan: ScanOptions<'_>) -> Result<Vec<u64>> {
    let log = Log::open(&settings.source)?;
    engine::count_records(&log, windows, scan.threads, scan.progress)
}
