//! Finding: the score ranks worse than in the reference.

use super::{
    Finding, Policy, Test,
    numbers::{number, q_value},
    rules::reached,
};

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
    let (what, caution) = if change.is_known {
        ("the AUC of labelled rows", "")
    } else {
        ("the expected AUC", ", assuming that scores still mean what they did in the reference")
    };
    Some(Finding {
        severity,
        feature: None,
        test: if change.is_known { Test::RealisedAuc } else { Test::Auc },
        value: Some(drop),
        limit: Some(limit),
        q_value: change.p_value,
        reason: format!(
            "{what} fell by {} to {} (reference {}){caution}; {severity} limit {} (q {})",
            number(drop),
            number(change.window),
            number(change.reference),
            number(limit),
            q_value(change.p_value)
        ),
    })
}
