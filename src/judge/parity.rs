//! Finding: logged scores do not match the model file. Either another model produced the
//! scores, or the logged inputs are not the ones it was given.

use super::{Facts, Finding, Severity, Subject, Test};
use crate::replay::Parity;

/// Returns a finding if a single row differs: rounding is accounted for, and chance plays no part.
pub(super) fn finding(parity: &Parity) -> Option<Finding> {
    if !parity.is_broken() {
        return None;
    }
    let Parity { compared, mismatches, decisions_flipped, max_abs_difference, cause, .. } = parity;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = *mismatches as f64 / (*compared as f64).max(1.0);
    Some(Finding {
        subject: Subject::Run,
        severity: Severity::Alarm,
        test: Test::Parity,
        value: Some(share),
        limit: Some(0.0),
        q_value: None,
        // No examples here: facts go into emails, and a score belongs to one applicant.
        facts: Facts::Parity {
            compared: *compared,
            mismatches: *mismatches,
            max_difference: *max_abs_difference,
            decisions_flipped: *decisions_flipped,
            cause: cause.clone(),
        },
    })
}
