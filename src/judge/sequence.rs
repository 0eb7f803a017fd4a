//! Finding: records are missing in the log, by the sequence numbers of its writers.

use super::{Facts, Finding, Policy, Severity, Test, rules::reached};

/// Missing records of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceCheck {
    Counted {
        missing: u64,
        /// Writers that miss records.
        writers: u64,
        /// Records that writers dropped on purpose, and said so; not among the missing.
        dropped: u64,
    },
    /// The numbers cannot be followed, because there are too many writers or gaps.
    Unfollowed,
}

/// Returns a finding if a record is missing, however few: a log that proves decisions may lose none. Dropped records are as
/// configured; they are a finding only if their share reaches the limit of rows left out, because the others are a selection
/// then.
pub(super) fn finding(check: SequenceCheck, requests: u64, policy: &Policy) -> Option<Finding> {
    let SequenceCheck::Counted { missing, writers, dropped } = check else {
        return Some(Finding::of_run(Test::Sequence, Severity::Watch, Facts::UnfollowedSequence));
    };
    let absent = missing.saturating_add(dropped);
    let all = absent.saturating_add(requests);
    #[expect(clippy::cast_precision_loss, reason = "record counts are far below 2^53")]
    let share = (all > 0).then(|| absent as f64 / all as f64)?;
    let over = reached(policy.left_out, share).map(|(severity, limit)| (severity, Some(limit)));
    let (severity, limit) = over.or_else(|| (missing > 0).then_some((Severity::Watch, None)))?;
    let facts = Facts::MissingRecords { missing, writers, dropped, requests };
    Some(Finding { value: Some(share), limit, ..Finding::of_run(Test::Sequence, severity, facts) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(missing: u64, dropped: u64) -> Option<(Severity, Option<f64>)> {
        let check = SequenceCheck::Counted { missing, writers: u64::from(missing > 0), dropped };
        finding(check, 1_000, &Policy::default()).map(|finding| (finding.severity, finding.limit))
    }

    #[test]
    fn one_missing_record_is_a_finding_and_few_dropped_ones_are_not() {
        assert_eq!(severity(0, 0), None);
        assert_eq!(severity(1, 0), Some((Severity::Watch, None)));
        assert_eq!(severity(0, 3), None);
        assert_eq!(severity(1, 3), Some((Severity::Watch, None)));
        assert_eq!(severity(0, 50), Some((Severity::Watch, Some(0.01))));
        assert_eq!(severity(200, 0), Some((Severity::Alarm, Some(0.1))));
        let unfollowed = finding(SequenceCheck::Unfollowed, 0, &Policy::default()).unwrap();
        assert_eq!((unfollowed.severity, unfollowed.facts), (Severity::Watch, Facts::UnfollowedSequence));
    }
}
