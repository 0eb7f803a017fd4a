//! The words of the section on decisions come from the languages.

use vigie::{
    drift::LoggedDecisions,
    report::{DecisionReport, TrendPoint},
};
use vigie_profile::decision::{AgainstScore, DecisionRule, HighScore};

use crate::page::{
    pseudo_language::{assert_bracketed, past, report_of},
    snapshots::drifted,
};

#[test]
fn a_report_with_decisions() {
    let mut report = report_of(&drifted());
    let example =
        |id: &str, word: &str| AgainstScore { id: id.to_owned(), score: 0.25, word: word.to_owned(), distance: 0.25 };
    let counts = LoggedDecisions {
        rule: DecisionRule { threshold: 0.5, high_score: HighScore::Good },
        accepted: 80,
        refused: 20,
        called: 18,
        accepted_against: 3,
        refused_against: 5,
        accepted_undecidable: 1,
        refused_undecidable: 0,
        rounding: 0.01,
        without: 2,
        open: 3,
        unknown: 4,
        unknown_words: vec!["Zeta".to_owned()],
        examples: vec![example("row-one", "Accordé"), example("row-two", "REFUSED")],
        followed: None,
    };
    report.run.model.high_score = HighScore::Good;
    for overrides_allowed in [false, true] {
        report.decisions = Some(DecisionReport { counts: counts.clone(), overrides_allowed });
        assert_bracketed(&report, past(&report), &["decisions"]);
        assert_bracketed(&report, vec![TrendPoint::from_report(&report)], &["decisions"]);
    }
    let agree = LoggedDecisions { accepted_against: 0, refused_against: 0, examples: Vec::new(), ..counts };
    report.decisions = Some(DecisionReport { counts: agree, overrides_allowed: false });
    assert_bracketed(&report, Vec::new(), &["decisions"]);
}
