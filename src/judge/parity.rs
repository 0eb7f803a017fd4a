//! The finding that logged scores are not those of the model file: a wrong or rolled-back model, or inputs that are
//! not what was scored.

use super::{
    Finding, Severity, Test,
    words::{number, percent},
};
use crate::replay::{Example, Parity};

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
    let example = parity.examples.first().map_or(String::new(), |example| {
        // Its id stands in the report's section, not here: reasons go into mails.
        let Example { logged, replayed, .. } = example;
        format!(", such as {logged} logged where the model says {}", number_of(*replayed))
    });
    Some(Finding {
        severity: Severity::Alarm,
        feature: None,
        test: Test::Parity,
        value: Some(share),
        limit: Some(0.0),
        q_value: None,
        reason: format!(
            "{mismatches} of {compared} logged scores ({}) are not those of the model file{farthest}{example}; \
             {decisions_flipped} decisions would be others; either another model answered, or the log does not hold what it \
             was given",
            percent(share)
        ),
    })
}

/// Six decimals: enough to see how far it is from the logged one.
fn number_of(score: f64) -> String {
    format!("{score:.6}")
}
