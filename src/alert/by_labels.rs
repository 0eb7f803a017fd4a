//! What labels say of a window: they come when it is long past, and are heard by alerts of their own.

use super::nearness;
use crate::{
    judge::{Finding, Test},
    report::Report,
};

/// What they say of one test.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub test: Test,
    /// As a share of the limit, with evidence; `None`: chance explains it.
    pub nearness: Option<f64>,
    /// `None`: all is well.
    pub finding: Option<Finding>,
}

/// What labels say of a report's window; nothing where there are not enough of them, or nothing to hold them against.
#[must_use]
pub fn by_labels(report: &Report) -> Vec<Said> {
    let Some(performance) = report.performance.as_ref().filter(|_| report.is_holdout()) else { return Vec::new() };
    let (Some(realised), Ok(expected)) = (&performance.realised, &performance.expected) else { return Vec::new() };
    if realised.rows < report.policy.min_rows {
        return Vec::new();
    }
    let near = nearness(report);
    let has_both = realised.auc.is_some() && expected.auc_known_before.is_some();
    let has_cost = expected.reference.per_1000 > 0.0;
    let said = |(test, _)| Said {
        test,
        nearness: near.get(&(None, test)).copied(),
        finding: report.verdict.findings.iter().find(|finding| finding.test == test).cloned(),
    };
    [(Test::RealisedCost, has_cost), (Test::RealisedAuc, has_both)]
        .into_iter()
        .filter(|(_, is)| *is)
        .map(said)
        .collect()
}
