//! The findings that decisions cost more than they did in the reference.

use super::{
    Finding, Policy, Test,
    rules::reached,
    words::{number, percent, q_value},
};

/// A row's mean cost, a thousand times, beside the reference's.
#[derive(Debug, Clone, PartialEq)]
pub struct CostMoved {
    /// Known from labels, or expected without them.
    pub is_known: bool,
    pub rows: f64,
    pub window: f64,
    pub reference: f64,
    pub p_value: Option<f64>,
}

/// Only more is a finding: nobody needs to be woken because it became cheaper.
pub(super) fn finding(moved: &CostMoved, policy: &Policy) -> Option<Finding> {
    #[expect(clippy::cast_precision_loss, reason = "a small number of rows")]
    let enough = moved.rows >= policy.min_rows as f64;
    if !enough || moved.reference <= 0.0 {
        return None;
    }
    let more = moved.window / moved.reference - 1.0;
    let (severity, limit) = reached(policy.cost, more)?;
    moved.p_value.filter(|p| *p <= policy.q)?;
    let (what, caution) = if moved.is_known {
        ("the cost of decisions, by their labels,", "")
    } else {
        ("the expected cost of decisions", ", if scores still mean what they meant in the reference")
    };
    Some(Finding {
        severity,
        feature: None,
        test: if moved.is_known { Test::RealisedCost } else { Test::Cost },
        value: Some(more),
        limit: Some(limit),
        q_value: moved.p_value,
        reason: format!(
            "{what} rose by {} to {} per 1,000 rows (reference {}){caution}; {severity} from {} (q {})",
            percent(more),
            number(moved.window),
            number(moved.reference),
            percent(limit),
            q_value(moved.p_value)
        ),
    })
}
