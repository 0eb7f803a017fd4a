//! Finding: logged scores do not match the model file. Either another model produced the
//! scores, or the logged inputs are not the ones it was given.

use super::{
    Finding, Severity, Test,
    numbers::{number, percent},
};
use crate::replay::Parity;

/// Returns a finding if a single row differs: rounding is accounted for, and chance plays no part.
pub(super) fn finding(parity: &Parity) -> Option<Finding> {
    if !parity.is_broken() {
        return None;
    }
    let Parity { compared, mismatches, decisions_flipped, .. } = parity;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = *mismatches as f64 / (*compared as f64).max(1.0);
    let largest = parity.max_abs_difference.map_or(String::new(), |most| format!(", by up to {}", number(most)));
    let differ = if *mismatches == 1 { "differs from that" } else { "differ from those" };
    let decisions = if *decisions_flipped == 1 { "decision" } else { "decisions" };
    // No examples here: reasons go into emails, and a score belongs to one applicant.
    Some(Finding {
        severity: Severity::Alarm,
        feature: None,
        test: Test::Parity,
        value: Some(share),
        limit: Some(0.0),
        q_value: None,
        reason: format!(
            "{mismatches} of {compared} logged scores ({}) {differ} of the model file{largest}; {decisions_flipped} \
             {decisions} would change; either another model produced the scores, or the logged inputs are not the ones it was \
             given",
            percent(share)
        ),
    })
}
