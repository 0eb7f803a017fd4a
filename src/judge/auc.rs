//! The finding that the score ranks worse than it did in the reference.

use super::{
    Finding, Policy, Test,
    rules::reached,
    words::{number, q_value},
};

/// The area under the ROC curve beside the reference's.
#[derive(Debug, Clone, PartialEq)]
pub struct AucMoved {
    /// Known from labels, or expected without them.
    pub is_known: bool,
    pub rows: f64,
    pub window: f64,
    pub reference: f64,
    pub p_value: Option<f64>,
}

/// Only less is a finding.
pub(super) fn finding(moved: &AucMoved, policy: &Policy) -> Option<Finding> {
    #[expect(clippy::cast_precision_loss, reason = "a small number of rows")]
    let enough = moved.rows >= policy.min_rows as f64;
    let drop = moved.reference - moved.window;
    let (severity, limit) = reached(policy.auc, drop).filter(|_| enough)?;
    moved.p_value.filter(|p| *p <= policy.q)?;
    let (what, caution) = if moved.is_known {
        ("the AUC, by the rows with labels,", "")
    } else {
        ("the expected AUC", ", if scores still mean what they meant in the reference")
    };
    Some(Finding {
        severity,
        feature: None,
        test: if moved.is_known { Test::RealisedAuc } else { Test::Auc },
        value: Some(drop),
        limit: Some(limit),
        q_value: moved.p_value,
        reason: format!(
            "{what} fell by {} to {} (reference {}){caution}; {severity} from {} (q {})",
            number(drop),
            number(moved.window),
            number(moved.reference),
            number(limit),
            q_value(moved.p_value)
        ),
    })
}
