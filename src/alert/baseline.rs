//! Findings that need history or the clock: fewer records than usual, and a reference that is too old.

use vigie_profile::window::{Instant, Span};

use crate::judge::{Facts, Finding, Severity, Test};

/// Minimum number of windows of the same weekday (and hour) for a median.
const MIN_WINDOWS: usize = 3;

/// Record counts of comparable windows, and the limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Record counts of earlier windows with the same weekday and hour.
    pub records: Vec<u64>,
    /// Record counts of all windows in the preceding week.
    pub week: Vec<u64>,
    /// A window with fewer records than this share of the median is a finding.
    pub volume: f64,
    /// Minimum number of used rows for a verdict.
    pub min_rows: u64,
}

impl Baseline {
    /// Returns the median, or `None` if there are too few windows.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.records.clone();
        sorted.sort_unstable();
        let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        (sorted.len() >= MIN_WINDOWS).then(|| low.midpoint(*high) as f64)
    }

    /// Returns a finding if there are fewer records than expected, and the nearness to the limit (1 is at the limit).
    #[must_use]
    pub fn volume(&self, records: u64) -> (Option<Finding>, Option<f64>) {
        let Some(limit) = self.median().map(|median| median * self.volume).filter(|limit| *limit >= 1.0) else {
            return (None, None);
        };
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let value = records as f64;
        let nearness = limit / value.max(1.0);
        let facts = Facts::Volume { records, usual: limit / self.volume, windows: self.records.len() };
        let finding = (value < limit && records > 0).then(|| Finding {
            value: Some(value),
            limit: Some(limit.round()),
            ..Finding::of_run(Test::Volume, Severity::Watch, facts)
        });
        (finding, Some(nearness))
    }

    /// Returns whether a quiet window is usual at this time, for example on Sundays, so that it is not reported. If the rest
    /// of the week is quiet as well, the log has ended and the window is not considered usual.
    #[must_use]
    pub fn is_quiet(&self, test: Test) -> bool {
        let least = match test {
            Test::NoData => 1,
            Test::TooFew => self.min_rows,
            _ => return false,
        };
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let is_usual = self.median().is_some_and(|median| median < least as f64);
        is_usual && self.week.iter().any(|records| *records >= least)
    }
}

/// Returns a finding if the registry cannot be reached, or refuses the credentials. `kept`: the version whose file is in use
/// meanwhile.
#[must_use]
pub fn registry_away(kept: Option<&str>, is_denied: bool) -> Option<Finding> {
    let facts = Facts::RegistryAway { kept: kept?.to_owned(), is_denied };
    Some(Finding::of_run(Test::Registry, Severity::Alarm, facts))
}

/// Returns a finding if the reference is older than its limit.
#[must_use]
pub fn stale_reference(created: Instant, limit: Option<Span>, now: Instant) -> Option<Finding> {
    let limit = limit?;
    let age = now.0.saturating_sub(created.0);
    let in_days = |microseconds: i64| microseconds / 86_400_000_000;
    let (days, limit_days) = (in_days(age), in_days(limit.microseconds()));
    #[expect(clippy::cast_precision_loss, reason = "a number of days")]
    let (value, limit_value) = (Some(days as f64), Some(limit_days as f64));
    (age > limit.microseconds()).then(|| Finding {
        value,
        limit: limit_value,
        ..Finding::of_run(Test::StaleReference, Severity::Watch, Facts::StaleReference { days, limit_days })
    })
}
