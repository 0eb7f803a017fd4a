//! Logged decisions, in English.

use vigie_profile::shown::shown;

use super::numbers::{grouped, number, percent, plural};
use crate::{
    judge::{Contradictions, DecisionCause},
    report::report::DecisionReport,
};

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> String {
    percent(part as f64 / (whole as f64).max(1.0))
}

/// Which decisions contradict their scores.
pub(super) fn contradictions(found: &Contradictions) -> String {
    let Contradictions { rows, accepted, refused, threshold, high_score: _, cause } = found;
    let against = accepted + refused;
    let of_all = format!("{} of {} logged decisions ({})", grouped(against), grouped(*rows), share(against, *rows));
    match cause {
        DecisionCause::OneWord { refused: true } => format!(
            "all {} logged decisions are refusals, but {} of the scores call for acceptance (threshold {threshold})",
            grouped(*rows),
            grouped(*refused)
        ),
        DecisionCause::OneWord { refused: false } => format!(
            "all {} logged decisions are acceptances, but {} of the scores call for refusal (threshold {threshold})",
            grouped(*rows),
            grouped(*accepted)
        ),
        DecisionCause::Reversed => {
            format!("{of_all} are the opposite of what the score calls for (threshold {threshold})")
        }
        DecisionCause::Threshold { followed } => format!(
            "logged decisions follow the threshold {followed}, not {threshold}: {} of {} contradict their score",
            grouped(against),
            grouped(*rows)
        ),
        DecisionCause::Overrides => {
            let verb = plural(against, "contradicts", "contradict");
            format!(
                "{of_all} {verb} score and threshold: {} accepted, {} refused against the score",
                grouped(*accepted),
                grouped(*refused)
            )
        }
    }
}

/// What to check.
pub(super) fn contradictions_evidence(cause: DecisionCause) -> &'static str {
    match cause {
        DecisionCause::OneWord { .. } => "check the service that makes the decisions",
        DecisionCause::Reversed => {
            "the words or the direction of the score are reversed: check model.decisions and model.event"
        }
        DecisionCause::Threshold { .. } => "correct the service, or model.threshold",
        DecisionCause::Overrides => "if people or rules may override the model, set model.overrides: allowed",
    }
}

/// Decisions with a word that is not known.
pub(super) fn unknown(rows: u64, unknown: u64, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("“{}”", shown(word))).collect();
    let listed = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
    let have = plural(unknown, "has an unknown word", "have unknown words");
    format!("{} of {} decisions ({}) {have}{listed}", grouped(unknown), grouped(rows), share(unknown, rows))
}

/// How the share of decisions against the score has changed.
pub(super) fn overrides(refused: bool, from: f64, to: f64, windows: usize) -> String {
    let what = if refused { "refusals" } else { "acceptances" };
    let before = match windows {
        1 => "the previous window".to_owned(),
        windows => format!("the previous {windows} windows"),
    };
    format!("{what} against the score {} → {} of decisions, compared with {before}", percent(from), percent(to))
}

/// Whether the decisions of a window agree with their scores.
pub(super) fn summary(decisions: &DecisionReport) -> String {
    let counts = &decisions.counts;
    let (against, decidable) = (counts.against(), counts.decidable());
    match against {
        _ if decidable == 0 => "No decision can be compared with its score.".to_owned(),
        0 => format!(
            "All {} decisions that can be compared agree with score and threshold ({}).",
            grouped(decidable),
            counts.rule.threshold
        ),
        _ => format!(
            "{} of {} decisions that can be compared ({}) {} score and threshold ({}).",
            grouped(against),
            grouped(decidable),
            share(against, decidable),
            plural(against, "contradicts", "contradict"),
            counts.rule.threshold
        ),
    }
}

/// Explains the rows that are too close to the threshold.
pub(super) fn tie(rounding: f64) -> String {
    format!(
        "Scores within {} of the threshold are too close to tell, because of how the log rounds them.",
        number(rounding)
    )
}

/// Decisions in one line of the terminal.
pub(super) fn line(decisions: &DecisionReport) -> String {
    let counts = &decisions.counts;
    let mut parts = vec![format!(
        "{} logged, {} refused (by score and threshold: {})",
        grouped(counts.rows()),
        grouped(counts.refused),
        grouped(counts.called)
    )];
    let more = [
        (counts.against(), "against the score"),
        (counts.undecidable(), "too close to tell"),
        (counts.open, "open"),
        (counts.unknown, "with an unknown word"),
        (counts.without, "rows without one"),
    ];
    let more = more.into_iter().filter(|(rows, _)| *rows > 0);
    parts.extend(more.map(|(rows, what)| format!("{} {what}", grouped(rows))));
    format!("decisions: {}", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use vigie_profile::decision::HighScore;

    use super::*;

    #[test]
    fn each_cause_has_its_sentence() {
        let stated = |accepted, refused, cause| {
            let (threshold, high_score) = (0.5, HighScore::Bad);
            contradictions(&Contradictions { rows: 700, accepted, refused, threshold, high_score, cause })
        };
        assert_eq!(
            stated(0, 520, DecisionCause::OneWord { refused: true }),
            "all 700 logged decisions are refusals, but 520 of the scores call for acceptance (threshold 0.5)"
        );
        assert_eq!(
            stated(0, 35, DecisionCause::Threshold { followed: 0.45 }),
            "logged decisions follow the threshold 0.45, not 0.5: 35 of 700 contradict their score"
        );
        assert_eq!(
            stated(500, 190, DecisionCause::Reversed),
            "690 of 700 logged decisions (98.6%) are the opposite of what the score calls for (threshold 0.5)"
        );
        assert_eq!(
            stated(1, 0, DecisionCause::Overrides),
            "1 of 700 logged decisions (0.1%) contradicts score and threshold: 1 accepted, 0 refused against the score"
        );
    }
}
