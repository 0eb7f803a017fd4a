//! Challenger: another model compared with the logged decisions.

use vigie_profile::shown::shown;

use crate::{
    judge::Test,
    replay::{Quadrants, ScoreSource, ScoreSums, Shift},
    report::words::{ChangedDecisions, Language},
};

/// Table row of one kind of changed decision.
pub(crate) struct DecisionChangeLine {
    pub what: &'static str,
    pub rows: String,
    pub by_logged: String,
    pub by_replayed: String,
}

/// Table row of a segment.
pub(crate) struct ChallengerSegmentLine {
    pub feature: String,
    pub label: String,
    pub rows: String,
    pub mean: String,
    pub refused: String,
    pub now_refused: String,
    pub now_accepted: String,
    pub by_logged: String,
    pub by_replayed: String,
}

/// Content of the section.
pub(crate) struct ChallengerCard {
    pub facts: Vec<(&'static str, String)>,
    pub changes: Vec<DecisionChangeLine>,
    pub segments: Vec<ChallengerSegmentLine>,
    pub costs: &'static str,
}

pub(crate) fn card(shift: &Shift, language: Language) -> ChallengerCard {
    let labels = language.labels();
    let quadrants = &shift.quadrants;
    let all = quadrants.all();
    let from_to = |sums: &ScoreSums, refused: (bool, bool), by| {
        let cost = |refused| language.number(sums.cost(refused, by, shift.price));
        format!("{} → {}", cost(refused.0), cost(refused.1))
    };
    let change_line = |what, sums: &ScoreSums, refused| DecisionChangeLine {
        what,
        rows: language.grouped(sums.rows),
        by_logged: from_to(sums, refused, ScoreSource::Logged),
        by_replayed: from_to(sums, refused, ScoreSource::Replayed),
    };
    let mut facts = vec![
        (labels.rows, language.grouped(all.rows)),
        (labels.mean_score, moved(all.mean(ScoreSource::Logged), all.mean(ScoreSource::Replayed), language)),
        (language.test_name(Test::ShareRefused), refused_words(quadrants, language)),
    ];
    if let Some(score) = &shift.score {
        let psi = language.number_or_dash(score.psi.value);
        let ks = language.number_or_dash(score.ks.as_ref().map(|ks| ks.statistic));
        facts.push((labels.far_from_logged, format!("PSI {psi}, KS {ks}")));
    }
    facts.push((labels.cost_changes, {
        let by = |score| signed(shift.cost_change(quadrants, score), language);
        language.cost_by_both(&by(ScoreSource::Logged), &by(ScoreSource::Replayed))
    }));
    ChallengerCard {
        facts,
        changes: vec![
            change_line(labels.now_refused, &quadrants.now_refused, (false, true)),
            change_line(labels.now_accepted, &quadrants.now_accepted, (true, false)),
        ],
        segments: shift
            .segments
            .iter()
            .map(|segment| {
                let of = &segment.quadrants;
                ChallengerSegmentLine {
                    feature: shown(&segment.feature),
                    label: shown(&segment.label),
                    rows: language.grouped(of.all().rows),
                    mean: moved(of.all().mean(ScoreSource::Logged), of.all().mean(ScoreSource::Replayed), language),
                    refused: refused_words(of, language),
                    now_refused: language.grouped(of.now_refused.rows),
                    now_accepted: language.grouped(of.now_accepted.rows),
                    by_logged: signed(shift.cost_change(of, ScoreSource::Logged), language),
                    by_replayed: signed(shift.cost_change(of, ScoreSource::Replayed), language),
                }
            })
            .collect(),
        costs: labels.challenger_costs,
    }
}

fn moved(from: Option<f64>, to: Option<f64>, language: Language) -> String {
    format!("{} → {}", language.number_or_dash(from), language.number_or_dash(to))
}

fn refused_words(quadrants: &Quadrants, language: Language) -> String {
    let share = |by| language.percent_or_dash(quadrants.share_refused(by));
    format!("{} → {}", share(ScoreSource::Logged), share(ScoreSource::Replayed))
}

/// Formats a value with its sign.
fn signed(value: f64, language: Language) -> String {
    let sign = match value {
        positive if positive > 0.0 => "+",
        negative if negative < 0.0 => "−",
        _ => "",
    };
    format!("{sign}{}", language.number(value.abs()))
}

/// Describes the comparison in one sentence.
pub(crate) fn sentence(shift: &Shift, language: Language) -> String {
    let quadrants = &shift.quadrants;
    language.challenge(ChangedDecisions {
        refused: quadrants.now_refused.rows,
        accepted: quadrants.now_accepted.rows,
        rows: quadrants.all().rows,
    })
}
