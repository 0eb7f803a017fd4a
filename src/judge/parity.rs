//! The finding that logged scores are not those of the model file: a wrong or rolled-back model, or inputs that are
//! not what was scored.

use super::{
    Finding, Severity, Test,
    words::{number, percent},
};
use crate::replay::Parity;

/// One row that differs is enough: rounding is accounted for, chance has no part in it.
pub(super) fn finding(parity: &Parity) -> Option<Finding> {
    if !parity.is_broken() {
        return None;
    }
    let Parity { compared, mismatches, decisions_flipped, .. } = parity;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = *mismatches as f64 / (*compared as f64).max(1.0);
    let farthest =
        parity.max_abs_difference.map_or(String::new(), |far| format!("; they differ by up to {}", number(far)));
    // Examples stand in the report's section, not here: reasons go into mails, and a score is one applicant's.
    Some(Finding {
        severity: Severity::Alarm,
        feature: None,
        test: Test::Parity,
        value: Some(share),
        limit: Some(0.0),
        q_value: None,
        reason: format!(
            "{mismatches} of {compared} logged scores ({}) are not those of the model file{farthest}; \
             {decisions_flipped} decisions would be others; either another model answered, or the log does not hold what it \
             was given",
            percent(share)
        ),
    })
}
