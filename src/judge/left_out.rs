//! Finding: rows, or labels, that should have been usable are left out.
//!
//! The evidence is the exact probability of so many at the log's usual share, because a log that always loses half a percent
//! of its rows is over a limit of one percent by chance in every ninth window of 500.

use vigie_stats::proportion::binomial_test;

use super::{Facts, Finding, LeftOutKind, Policy, Severity, Test, UnusableReason, rules::reached};

/// Rows are lost at least this often in any log.
const LEAST_USUAL: f64 = 0.001;
/// Largest probability of so many at the usual share.
const MAX_P: f64 = 0.001;
/// With fewer rows, the reason may be theirs.
const MIN_ROWS: u64 = 20;
/// Share of rows at which the others are too few to stand for all.
const NO_VERDICT: f64 = 0.5;

/// Rows left out in earlier windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsualLoss {
    pub left_out: u64,
    /// Rows that should have been usable.
    pub of: u64,
    pub windows: usize,
}

/// Rows, or labels, left out of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutRows {
    pub kind: LeftOutKind,
    pub left_out: u64,
    /// Rows that should have been usable.
    pub of: u64,
    pub usual: UsualLoss,
    /// The commonest reason, and its rows.
    pub reason: UnusableReason,
    pub with_reason: u64,
    /// What such a row holds, or the row's id.
    pub example: Option<String>,
}

impl LeftOutRows {
    #[must_use]
    pub fn share(&self) -> f64 {
        share(self.left_out, self.of)
    }

    fn usual_share(&self) -> f64 {
        share(self.usual.left_out, self.usual.of).max(LEAST_USUAL)
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

/// Returns a finding if the share reaches its limit and is not usual.
pub(super) fn finding(rows: &LeftOutRows, policy: &Policy) -> Option<Finding> {
    let share = rows.share();
    let (severity, limit) = reached(policy.left_out, share).filter(|_| rows.of >= MIN_ROWS)?;
    let p = binomial_test(rows.left_out, rows.of, rows.usual_share());
    let test = match rows.kind {
        LeftOutKind::Rows => Test::LeftOut,
        LeftOutKind::Labels => Test::Labels,
    };
    let facts = Facts::RowsLeftOut {
        what: rows.kind,
        rows: rows.left_out,
        of: rows.of,
        reason: rows.reason,
        with_reason: rows.with_reason,
        example: rows.example.clone(),
        usual: rows.usual_share(),
        windows: rows.usual.windows,
        no_verdict: share >= NO_VERDICT,
    };
    (p <= MAX_P).then(|| Finding {
        value: Some(share),
        limit: Some(limit),
        q_value: Some(p),
        ..Finding::of_run(test, severity, facts)
    })
}

/// Returns whether so many are left out that nothing can be concluded from the others.
pub(super) fn is_no_verdict(findings: &[Finding], kind: LeftOutKind) -> bool {
    let is =
        |finding: &Finding| matches!(finding.facts, Facts::RowsLeftOut { what, no_verdict: true, .. } if what == kind);
    findings.iter().any(is)
}

/// Returns whether a finding says that the used rows are a selection of all.
pub(super) fn is_selection(finding: &Finding) -> bool {
    finding.test == Test::LeftOut && finding.severity == Severity::Alarm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Limits;

    fn rows(left_out: u64, of: u64, usual: (u64, u64)) -> LeftOutRows {
        LeftOutRows {
            kind: LeftOutKind::Rows,
            left_out,
            of,
            usual: UsualLoss { left_out: usual.0, of: usual.1, windows: 28 },
            reason: UnusableReason::NoScore,
            with_reason: left_out,
            example: None,
        }
    }

    fn severity(left_out: u64, of: u64, usual: (u64, u64)) -> Option<Severity> {
        finding(&rows(left_out, of, usual), &Policy::default()).map(|finding| finding.severity)
    }

    #[test]
    fn a_share_needs_its_limit_and_more_than_is_usual() {
        assert_eq!(severity(4, 500, (0, 0)), None);
        assert_eq!(severity(5, 500, (0, 0)), Some(Severity::Watch));
        assert_eq!(severity(50, 500, (0, 0)), Some(Severity::Alarm));
        // A log that always loses 0.5%: five of 500 are nothing new, fifteen are.
        assert_eq!(severity(5, 500, (70, 14_000)), None);
        assert_eq!(severity(15, 500, (70, 14_000)), Some(Severity::Watch));
        // One that always loses 12% has no finding at 12%, and one at 20%.
        assert_eq!(severity(60, 500, (1_680, 14_000)), None);
        assert_eq!(severity(100, 500, (1_680, 14_000)), Some(Severity::Alarm));
        // Too few rows for a share.
        assert_eq!(severity(1, 60, (0, 0)), None);
        assert_eq!(severity(10, 15, (0, 0)), None);
        let off = Policy { left_out: Limits { watch: None, alarm: None }, ..Policy::default() };
        assert_eq!(finding(&rows(400, 500, (0, 0)), &off), None);
    }

    #[test]
    fn half_of_the_rows_leave_no_verdict() {
        let found = |left_out| Vec::from_iter(finding(&rows(left_out, 1_000, (0, 0)), &Policy::default()));
        assert!(!is_no_verdict(&found(499), LeftOutKind::Rows) && is_no_verdict(&found(500), LeftOutKind::Rows));
        assert!(!is_no_verdict(&found(500), LeftOutKind::Labels));
        assert!(!found(99).iter().any(is_selection) && found(100).iter().all(is_selection));
    }

    /// Share of windows with a finding if the log loses as many rows as usual: the sum of the probabilities.
    #[test]
    fn usual_losses_are_rarely_a_finding() {
        for (usual, of) in [((70, 14_000), 500), ((112, 14_000), 500), ((98, 19_600), 700)] {
            let least = (0..of).find(|lost| severity(*lost, of, usual).is_some()).unwrap();
            let probability = binomial_test(least, of, share(usual.0, usual.1));
            assert!(probability <= 0.001, "{usual:?} {of}: {least} rows, {probability}");
        }
    }
}
