//! Findings: decisions cost more than in the reference.

use super::{Facts, Finding, Policy, Subject, Test, rules::reached};

/// Cost per 1,000 rows of the window compared with the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct CostChange {
    /// Measured from labels, or estimated without them.
    pub is_known: bool,
    pub rows: f64,
    pub window: f64,
    pub reference: f64,
    pub p_value: Option<f64>,
}

/// Returns a finding if the cost has risen; a fall is not reported.
pub(super) fn finding(change: &CostChange, policy: &Policy) -> Option<Finding> {
    #[expect(clippy::cast_precision_loss, reason = "a small number of rows")]
    let enough = change.rows >= policy.min_rows as f64;
    if !enough || change.reference <= 0.0 {
        return None;
    }
    let increase = change.window / change.reference - 1.0;
    let (severity, limit) = reached(policy.cost, increase)?;
    change.p_value.filter(|p| *p <= policy.q)?;
    Some(Finding {
        subject: Subject::Run,
        severity,
        test: if change.is_known { Test::RealisedCost } else { Test::Cost },
        value: Some(increase),
        limit: Some(limit),
        q_value: change.p_value,
        facts: Facts::Cost { by_labels: change.is_known, increase, window: change.window, reference: change.reference },
    })
}
