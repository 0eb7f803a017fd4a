//! Dead and constant features, and rows that are left out, in English.

use vigie_profile::shown::{harmless, shown};

use super::numbers::{grouped, number, percent};
use crate::{
    drift::CommonValue,
    judge::{Facts, LeftOutKind, UnusableReason},
};

pub(super) fn dead(from: f64, to: f64) -> String {
    if to < 1.0 {
        return format!("missing in {} of rows (reference: {})", percent(to), percent(from));
    }
    format!("no row has a value (reference: missing in {})", percent(from))
}

pub(super) fn constant(value: &CommonValue, from: f64, to: f64) -> String {
    let rows = if to < 1.0 { format!("{} of the rows", percent(to)) } else { "all rows".to_owned() };
    format!("{rows} that have a value have the same{} (reference: {} at most)", which(value), percent(from))
}

/// Names the value after “the same”; empty if it is redacted.
pub(super) fn which(value: &CommonValue) -> String {
    match value {
        CommonValue::Number(value) => format!(", {}", number(*value)),
        CommonValue::Level(Some(level)) => format!(", “{}”", shown(level)),
        CommonValue::Level(None) => String::new(),
    }
}

/// States rows or labels that are left out; empty for other facts.
pub(super) fn left_out(facts: &Facts) -> String {
    let Facts::RowsLeftOut { what, rows, of, reason, with_reason, example, usual: _, windows: _, no_verdict } = facts
    else {
        return String::new();
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = *rows as f64 / (*of as f64).max(1.0);
    let (noun, judged) = match what {
        LeftOutKind::Rows => ("rows", "features"),
        LeftOutKind::Labels => ("labels", "labels"),
    };
    let mostly = if with_reason < rows { "mostly: " } else { "" };
    let why = unusable(*reason, example.as_deref());
    let verdict = if *no_verdict { format!(": too many for a verdict on {judged}") } else { String::new() };
    let counts = format!("{} of {}", grouped(*rows), grouped(*of));
    format!("{} of {noun} are left out, {counts} ({mostly}{why}){verdict}", percent(share))
}

/// The reason, with what a row holds.
fn unusable(reason: UnusableReason, example: Option<&str>) -> String {
    let held = example.map_or(String::new(), |example| format!(" {}", harmless(example)));
    let such = example.map_or(String::new(), |example| format!(", such as {}", harmless(example)));
    match reason {
        UnusableReason::Percentage => format!("probability{held}: outside 0 to 1; is it a percentage?"),
        UnusableReason::OutOfRange => format!("probability{held}: outside 0 to 1; is it the model’s raw output?"),
        UnusableReason::NoScore => format!("no probability{such}"),
        UnusableReason::NoPrediction => format!("no prediction{such}"),
        UnusableReason::Malformed => format!("not a record{such}"),
        UnusableReason::Timestamp => format!("no readable time{such}"),
        UnusableReason::NoFeatures => format!("no inputs{such}"),
        UnusableReason::UnknownInputs => format!("inputs in a shape that is not supported{such}"),
        UnusableReason::NoId => "no id".to_owned(),
        UnusableReason::Outcome => format!("not an outcome{such}"),
        UnusableReason::Contradictory => "several outcomes of one id".to_owned(),
    }
}

/// What is usual, after the limit.
pub(super) fn usual(usual: f64, windows: usize) -> String {
    match windows {
        0 => String::new(),
        1 => format!(", usually {} (1 window)", percent(usual)),
        windows => format!(", usually {} ({windows} windows)", percent(usual)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_left_out_have_a_reason_and_an_example() {
        let facts = |with_reason, example: Option<&str>, no_verdict| Facts::RowsLeftOut {
            what: LeftOutKind::Rows,
            rows: 300,
            of: 1_000,
            reason: UnusableReason::Percentage,
            with_reason,
            example: example.map(ToOwned::to_owned),
            usual: 0.001,
            windows: 0,
            no_verdict,
        };
        assert_eq!(
            left_out(&facts(300, Some("36.2"), false)),
            "30.0% of rows are left out, 300 of 1,000 (probability 36.2: outside 0 to 1; is it a percentage?)"
        );
        assert_eq!(
            left_out(&facts(290, None, true)),
            "30.0% of rows are left out, 300 of 1,000 (mostly: probability: outside 0 to 1; is it a percentage?): too many \
             for a verdict on features"
        );
    }

    #[test]
    fn dead_and_constant_features_are_compared_with_the_reference() {
        assert_eq!(dead(0.13, 1.0), "no row has a value (reference: missing in 13.0%)");
        assert_eq!(dead(0.13, 0.995), "missing in 99.5% of rows (reference: 13.0%)");
        assert_eq!(
            constant(&CommonValue::Level(Some("F".to_owned())), 0.66, 1.0),
            "all rows that have a value have the same, “F” (reference: 66.0% at most)"
        );
        assert_eq!(
            constant(&CommonValue::Level(None), 0.66, 1.0),
            "all rows that have a value have the same (reference: 66.0% at most)"
        );
    }
}
