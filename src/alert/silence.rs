//! What no record can say of itself: that others are missing, that the reference has grown old.

use vigie_profile::window::{Instant, Span};

use crate::judge::{Finding, Severity, Test};

/// How many windows of the same weekday (and hour) say what is usual.
const USUAL: usize = 3;

/// What is usual at a window's place in the week, and the limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    /// Records of earlier windows at the same place in the week.
    pub records: Vec<u64>,
    /// Records of all windows of the week before.
    pub week: Vec<u64>,
    /// Fewer records than this share of the median are too few.
    pub volume: f64,
    /// Fewer used rows than this are no verdict.
    pub min_rows: u64,
}

impl Usual {
    /// The median, once there are enough windows to speak of one.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.records.clone();
        sorted.sort_unstable();
        let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        (sorted.len() >= USUAL).then(|| low.midpoint(*high) as f64)
    }

    /// Fewer records than expected, and how near to the limit (1 is at it).
    #[must_use]
    pub fn volume(&self, records: u64) -> (Option<Finding>, Option<f64>) {
        let Some(limit) = self.median().map(|median| median * self.volume).filter(|limit| *limit >= 1.0) else {
            return (None, None);
        };
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let value = records as f64;
        let nearness = limit / value.max(1.0);
        let finding = (value < limit && records > 0).then(|| Finding {
            severity: Severity::Watch,
            feature: None,
            test: Test::Volume,
            value: Some(value),
            limit: Some(limit.round()),
            q_value: None,
            reason: format!(
                "{records} records, where the same weekday has {:.0} as a rule (median of {})",
                limit / self.volume,
                self.records.len()
            ),
        });
        (finding, Some(nearness))
    }

    /// Whether a quiet window is usual here, as a Sunday on which nobody works: that is no news. Where the rest of the week is
    /// as quiet, it is no Sunday but a log that has ended.
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

/// A reference older than its limit.
#[must_use]
pub fn stale_reference(created: Instant, limit: Option<Span>, now: Instant) -> Option<Finding> {
    let limit = limit?;
    let age = now.0.saturating_sub(created.0);
    let days = |microseconds: i64| microseconds / 86_400_000_000;
    #[expect(clippy::cast_precision_loss, reason = "a number of days")]
    (age > limit.microseconds()).then(|| Finding {
        severity: Severity::Watch,
        feature: None,
        test: Test::StaleReference,
        value: Some(days(age) as f64),
        limit: Some(days(limit.microseconds()) as f64),
        q_value: None,
        reason: format!(
            "the reference is {} days old, {} is the limit; learn a new one from recent rows",
            days(age),
            days(limit.microseconds())
        ),
    })
}
