//! Finding: the score ranks worse than in the reference.

use super::{Facts, Finding, Policy, Subject, Test, rules::reached};

/// AUC of the window compared with the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct AucChange {
    /// Measured from labels, or estimated without them.
    pub is_known: bool,
    pub rows: f64,
    pub window: f64,
    pub reference: f64,
    pub p_value: Option<f64>,
}

/// Returns a finding if the AUC has fallen; a rise is not reported.
pub(super) fn finding(change: &AucChange, policy: &Policy) -> Option<Finding> {
    #[expect(clippy::cast_precision_loss, reason = "a small number of rows")]
    let enough = change.rows >= policy.min_rows as f64;
    let drop = change.reference - change.window;
    let (severity, limit) = reached(policy.auc, drop).filter(|_| enough)?;
    change.p_value.filter(|p| *p <= policy.q)?;
    Some(Finding {
        subject: Subject::Run,
        severity,
        test: if change.is_known { Test::RealisedAuc } else { Test::Auc },
        value: Some(drop),
        limit: Some(limit),
        q_value: change.p_value,
        facts: Facts::Auc { by_labels: change.is_known, drop, window: change.window, reference: change.reference },
    })
}
