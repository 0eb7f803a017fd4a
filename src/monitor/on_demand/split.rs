//! Splits a range of time into windows.

use jiff::tz::TimeZone;
use vigie_profile::window::{Cadence, Span, Window};

use crate::fault::{Fault, Result};

/// Maximum number of windows. More indicate a mistake in `--each`.
const MOST_WINDOWS: usize = 5_000;

/// Splits a range into windows of the cadence. The first and the last are cut at the ends of the range.
pub(super) fn split(range: Window, each: Span, zone: &TimeZone) -> Result<Vec<Window>> {
    let cadence = Cadence::new(each, zone.clone())
        .map_err(|why| Fault::setup(format!("--each {each}: {why}; write a window length such as 1d")))?;
    let Window { from, to } = range;
    let mut windows = Vec::new();
    let mut at = from;
    while at < to {
        let whole = cadence.window_at(at);
        let end = whole.to.min(to);
        // Guards against a calendar that does not advance.
        let Some(window) = Window::new(at, end) else { break };
        windows.push(window);
        if windows.len() > MOST_WINDOWS {
            return Err(Fault::setup(format!(
                "--each {each}: the range has more than {MOST_WINDOWS} windows; choose longer windows or a shorter range"
            )));
        }
        at = end;
    }
    Ok(windows)
}
