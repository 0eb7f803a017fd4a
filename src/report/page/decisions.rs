//! Logged decisions against the scores they were made on.

use vigie_profile::shown::shown;

use super::fact::{Fact, fact};
use crate::{
    judge::{OverrideCounts, Severity, Test},
    report::{Context, Report, report::DecisionReport, words::Language},
};

/// Table row of the accepted or the refused.
pub(crate) struct DecisionLine {
    pub decision: &'static str,
    pub rows: String,
    pub agree: String,
    pub against: String,
    pub undecidable: String,
}

/// Table row of a decision against the score.
pub(crate) struct DecisionExample {
    pub id: String,
    pub score: String,
    pub word: String,
}

/// Content of the section.
pub(crate) struct DecisionsCard {
    /// Severity of the findings about decisions; `None` without any.
    pub severity: Option<Severity>,
    pub sentence: String,
    pub lines: Vec<DecisionLine>,
    /// Explains rows that are too close to the threshold, if there are any.
    pub tie: Option<String>,
    pub facts: Vec<Fact>,
    pub examples: Vec<DecisionExample>,
}

/// Returns the section, or `None` if the log has no decisions.
pub(crate) fn card(report: &Report, context: &Context) -> Option<DecisionsCard> {
    let (decisions, language) = (report.decisions.as_ref()?, context.language);
    let (counts, labels) = (&decisions.counts, language.labels());
    let findings = report.verdict.findings.iter().filter(|finding| finding.test == Test::Decision);
    let line = |decision, rows: u64, against: u64, undecidable: u64| DecisionLine {
        decision,
        rows: language.grouped(rows),
        agree: language.grouped(rows.saturating_sub(against + undecidable)),
        against: language.grouped(against),
        undecidable: language.grouped(undecidable),
    };
    let example = |one: &vigie_profile::decision::AgainstScore| DecisionExample {
        id: shown(&one.id),
        score: language.number_plain(one.score),
        word: shown(&one.word),
    };
    Some(DecisionsCard {
        severity: findings.map(|finding| finding.severity).max(),
        sentence: language.decisions(decisions),
        lines: vec![
            line(labels.accepted_rows, counts.accepted, counts.accepted_against, counts.accepted_undecidable),
            line(labels.refused_rows, counts.refused, counts.refused_against, counts.refused_undecidable),
        ],
        tie: (counts.undecidable() > 0).then(|| language.decision_tie(counts.rounding)),
        facts: facts(decisions, context, language),
        examples: counts.examples.iter().map(example).collect(),
    })
}

fn facts(decisions: &DecisionReport, context: &Context, language: Language) -> Vec<Fact> {
    let (counts, labels) = (&decisions.counts, language.labels());
    let mut facts = vec![fact(labels.refused_by_score, language.part_of(counts.called, counts.rows()))];
    if decisions.overrides_allowed {
        let past: Vec<OverrideCounts> = context.past.iter().filter_map(|point| point.head.decisions).collect();
        let before = past.iter().copied().fold(OverrideCounts::default(), OverrideCounts::plus).shares();
        let value = |now: Option<f64>, before: Option<f64>| {
            let before = before.map(|share| format!(" {}", language.in_previous_windows(share, past.len())));
            format!("{}{}", language.percent_or_dash(now), before.unwrap_or_default())
        };
        let now = decisions.overrides().shares();
        facts.push(fact(labels.accepted_against, value(now.map(|now| now.0), before.map(|before| before.0))));
        facts.push(fact(labels.refused_against, value(now.map(|now| now.1), before.map(|before| before.1))));
    }
    let words: Vec<String> = counts.unknown_words.iter().map(|word| shown(word)).collect();
    let unknown = match words.as_slice() {
        [] => language.grouped(counts.unknown),
        words => format!("{} ({})", language.grouped(counts.unknown), words.join(", ")),
    };
    let others = [
        (labels.open_decisions, counts.open, language.grouped(counts.open)),
        (labels.unknown_words, counts.unknown, unknown),
        (labels.without_decision, counts.without, language.grouped(counts.without)),
    ];
    facts.extend(others.into_iter().filter(|(_, rows, _)| *rows > 0).map(|(name, _, value)| fact(name, value)));
    facts
}
