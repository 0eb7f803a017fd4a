//! Verdicts on realised performance. Labels arrive long after their window has ended, so they have alerts of their own.

use super::nearness;
use crate::{
    judge::{Finding, Subject, Test},
    report::Report,
};

/// The verdict of one test on labelled rows.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelVerdict {
    pub test: Test,
    /// Value as a share of the limit, if there is evidence; `None` if chance explains the value.
    pub nearness: Option<f64>,
    /// `None` if the test found nothing.
    pub finding: Option<Finding>,
}

/// Returns the verdicts of the label tests for a report's window; empty if there are too few labels, or no reference
/// value to compare with.
#[must_use]
pub fn label_verdicts(report: &Report) -> Vec<LabelVerdict> {
    let Some(performance) = report.performance.as_ref().filter(|_| report.is_holdout()) else { return Vec::new() };
    let (Some(realised), Ok(expected)) = (&performance.realised, &performance.expected) else { return Vec::new() };
    if realised.rows < report.policy.min_rows {
        return Vec::new();
    }
    let near = nearness(report);
    let has_both = realised.auc.is_some() && expected.auc_known_before.is_some();
    let has_cost = expected.reference.per_1000 > 0.0;
    let verdict = |(test, _)| LabelVerdict {
        test,
        nearness: near.get(&(Subject::Run, test)).copied(),
        finding: report.verdict.findings.iter().find(|finding| finding.test == test).cloned(),
    };
    [(Test::RealisedCost, has_cost), (Test::RealisedAuc, has_both)]
        .into_iter()
        .filter(|(_, is)| *is)
        .map(verdict)
        .collect()
}
