//! How many records windows hold, without a reference: what is due, and what has changed since it was looked at.

use vigie_profile::window::Window;

use crate::{config::Settings, engine, fault::Result, monitor::run::Looking, source::Log};

/// Records of each window, in the order of time.
pub fn tally(settings: &Settings, windows: &[Window], looking: Looking<'_>) -> Result<Vec<u64>> {
    let log = Log::open(&settings.source)?;
    engine::tally(&log, windows, looking.threads, looking.progress)
}
