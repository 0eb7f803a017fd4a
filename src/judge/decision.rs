//! Findings about logged decisions: they contradict score and threshold, or their words are unknown.
//!
//! Rounding is accounted for, so a single contradiction is a fact. If people may override the model, contradictions are
//! expected, and only those that no person causes are findings.

use super::{Contradictions, DecisionCause, Facts, Finding, Limits, Severity, Test, rules::reached};
use crate::drift::LoggedDecisions;

/// With more contradictions than this share of the rows that can be compared, the words or the score are reversed.
const REVERSED: f64 = 0.9;
/// An alarm needs this many contradictions, and this share of the rows.
const ALARM_ROWS: u64 = 5;
const ALARM_SHARE: f64 = 0.01;
/// Share of rows with an unknown word from which that is a finding.
const UNKNOWN: Limits = Limits::watch_only(0.01);

/// Returns the findings about a window's decisions.
pub(super) fn findings(decisions: &LoggedDecisions, overrides_allowed: bool) -> Vec<Finding> {
    let contradictions = contradictions(decisions).filter(|found| {
        !overrides_allowed || decisions.against() >= ALARM_ROWS && found.cause != DecisionCause::Overrides
    });
    let contradictions = contradictions.map(|found| finding(decisions, found));
    contradictions.into_iter().chain(unknown(decisions)).collect()
}

fn contradictions(decisions: &LoggedDecisions) -> Option<Contradictions> {
    if decisions.against() == 0 {
        return None;
    }
    let cause = if decisions.accepted == 0 || decisions.refused == 0 {
        DecisionCause::OneWord { refused: decisions.accepted == 0 }
    } else if share(decisions.against(), decisions.decidable()) > REVERSED {
        DecisionCause::Reversed
    } else if let Some(followed) = decisions.followed {
        DecisionCause::Threshold { followed: followed.threshold }
    } else {
        DecisionCause::Overrides
    };
    Some(Contradictions {
        rows: decisions.rows(),
        accepted: decisions.accepted_against,
        refused: decisions.refused_against,
        threshold: decisions.rule.threshold,
        high_score: decisions.rule.high_score,
        cause,
    })
}

fn finding(decisions: &LoggedDecisions, found: Contradictions) -> Finding {
    let value = share(decisions.against(), decisions.rows());
    let is_alarm = decisions.against() >= ALARM_ROWS && value >= ALARM_SHARE;
    let (severity, limit) = if is_alarm { (Severity::Alarm, ALARM_SHARE) } else { (Severity::Watch, 0.0) };
    let facts = Facts::Decision(found);
    Finding { value: Some(value), limit: Some(limit), ..Finding::of_run(Test::Decision, severity, facts) }
}

fn unknown(decisions: &LoggedDecisions) -> Option<Finding> {
    let rows = decisions.rows() + decisions.open + decisions.unknown;
    let value = share(decisions.unknown, rows);
    let (severity, limit) = reached(UNKNOWN, value)?;
    let facts = Facts::UnknownDecisions { rows, unknown: decisions.unknown, words: decisions.unknown_words.clone() };
    Some(Finding { value: Some(value), limit: Some(limit), ..Finding::of_run(Test::Decision, severity, facts) })
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use vigie_profile::decision::DecisionRule;

    use super::*;
    use crate::drift::FollowedThreshold;

    fn decisions(accepted: u64, refused: u64, against: (u64, u64)) -> LoggedDecisions {
        LoggedDecisions {
            rule: DecisionRule::from(0.5),
            accepted,
            refused,
            called: refused,
            accepted_against: against.0,
            refused_against: against.1,
            accepted_undecidable: 0,
            refused_undecidable: 0,
            rounding: 0.0,
            without: 0,
            open: 0,
            unknown: 0,
            unknown_words: Vec::new(),
            examples: Vec::new(),
            followed: None,
        }
    }

    fn found(decisions: &LoggedDecisions, overrides_allowed: bool) -> Option<(Severity, DecisionCause)> {
        findings(decisions, overrides_allowed).into_iter().find_map(|finding| match finding.facts {
            Facts::Decision(found) => Some((finding.severity, found.cause)),
            _ => None,
        })
    }

    #[test]
    fn one_contradiction_is_a_watch_and_five_in_a_hundred_are_an_alarm() {
        let overrides = DecisionCause::Overrides;
        assert_eq!(found(&decisions(80, 20, (0, 0)), false), None);
        assert_eq!(found(&decisions(80, 20, (1, 0)), false), Some((Severity::Watch, overrides)));
        assert_eq!(found(&decisions(80, 20, (2, 3)), false), Some((Severity::Alarm, overrides)));
        assert_eq!(found(&decisions(8_000, 2_000, (90, 9)), false), Some((Severity::Watch, overrides)), "below 1%");
        assert_eq!(found(&decisions(8_000, 2_000, (90, 10)), false), Some((Severity::Alarm, overrides)));
    }

    #[test]
    fn the_cause_is_named() {
        let cause = |decisions: &LoggedDecisions| found(decisions, false).unwrap().1;
        assert_eq!(cause(&decisions(0, 100, (0, 75))), DecisionCause::OneWord { refused: true });
        assert_eq!(cause(&decisions(100, 0, (100, 0))), DecisionCause::OneWord { refused: false });
        assert_eq!(cause(&decisions(50, 50, (50, 45))), DecisionCause::Reversed);
        let followed = Some(FollowedThreshold { threshold: 0.45, explained: 30 });
        let moved = LoggedDecisions { followed, ..decisions(50, 50, (0, 30)) };
        assert_eq!(cause(&moved), DecisionCause::Threshold { followed: 0.45 });
    }

    #[test]
    fn allowed_overrides_are_no_finding_but_other_causes_are() {
        assert_eq!(found(&decisions(80, 20, (8, 3)), true), None);
        let all = decisions(0, 100, (0, 75));
        assert_eq!(found(&all, true), Some((Severity::Alarm, DecisionCause::OneWord { refused: true })));
        assert_eq!(found(&decisions(0, 3, (0, 2)), true), None, "too few to tell");
    }

    #[test]
    fn unknown_words_are_a_finding_from_one_percent() {
        let with =
            |unknown| LoggedDecisions { unknown, unknown_words: vec!["A".to_owned()], ..decisions(990, 0, (0, 0)) };
        assert_eq!(findings(&with(9), false), []);
        let finding = &findings(&with(10), true)[0];
        assert_eq!((finding.test, finding.severity), (Test::Decision, Severity::Watch));
        assert_eq!(finding.facts, Facts::UnknownDecisions { rows: 1_000, unknown: 10, words: vec!["A".to_owned()] });
    }
}
