//! Challenger: another model compared with the logged decisions, as JSON and as a page section.

use serde_json::{Value, json};
use vigie_profile::shown::shown;

use crate::{
    judge::Test,
    replay::{Quadrants, ScoreSource, ScoreSums, Shift},
    report::words::{ChangedDecisions, Language},
};

/// Describes the probability that an expected cost is based on.
pub(crate) const COSTS: &str = "An accepted row is expected to cost p · false_negative, a refused one (1 − p) · false_positive. \
     The cost is given twice, with p from the logged score and p from the new model: each model favours its own decisions, \
     and neither score is calibrated here.";

fn cost(sums: &ScoreSums, refused: (bool, bool), shift: &Shift) -> Value {
    let (was, is) = refused;
    let by = |score| json!({ "logged_decision": sums.cost(was, score, shift.price), "new_decision": sums.cost(is, score, shift.price) });
    json!({ "rows": sums.rows, "expected_cost": { "by_logged": by(ScoreSource::Logged), "by_replayed": by(ScoreSource::Replayed) } })
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn refused(quadrants: &Quadrants, by: ScoreSource) -> Option<f64> {
    let rows = quadrants.all().rows;
    (rows > 0).then(|| quadrants.refused(by) as f64 / rows as f64)
}

fn means(quadrants: &Quadrants) -> Value {
    let all = quadrants.all();
    json!({
        "mean_score": { "logged": all.mean(ScoreSource::Logged), "replayed": all.mean(ScoreSource::Replayed) },
        "refused_share": { "logged": refused(quadrants, ScoreSource::Logged), "replayed": refused(quadrants, ScoreSource::Replayed) },
    })
}

fn change(shift: &Shift, quadrants: &Quadrants) -> Value {
    json!({
        "by_logged": shift.cost_change(quadrants, ScoreSource::Logged),
        "by_replayed": shift.cost_change(quadrants, ScoreSource::Replayed),
    })
}

/// Returns the `challenger` section.
pub(crate) fn to_value(shift: &Shift) -> Value {
    let quadrants = &shift.quadrants;
    let segments: Vec<Value> = shift
        .segments
        .iter()
        .map(|segment| {
            let mut value = means(&segment.quadrants);
            if let Some(keys) = value.as_object_mut() {
                keys.insert("feature".to_owned(), json!(segment.feature));
                keys.insert("segment".to_owned(), json!(segment.label));
                keys.insert("rows".to_owned(), json!(segment.quadrants.all().rows));
                keys.insert("accepted_to_refused".to_owned(), json!(segment.quadrants.now_refused.rows));
                keys.insert("refused_to_accepted".to_owned(), json!(segment.quadrants.now_accepted.rows));
                keys.insert("expected_cost_change".to_owned(), change(shift, &segment.quadrants));
            }
            value
        })
        .collect();
    let mut value = means(quadrants);
    if let Some(keys) = value.as_object_mut() {
        keys.insert("rows".to_owned(), json!(quadrants.all().rows));
        let distance = shift.score.as_ref().map(|score| {
            json!({
                "psi": score.psi.value,
                "ks": score.ks.as_ref().map(|ks| json!({ "statistic": ks.statistic, "upper_bound": ks.upper_bound })),
            })
        });
        keys.insert("score_shift".to_owned(), json!(distance));
        let decisions = json!({
            "accepted_to_refused": cost(&quadrants.now_refused, (false, true), shift),
            "refused_to_accepted": cost(&quadrants.now_accepted, (true, false), shift),
        });
        keys.insert("decisions_changed".to_owned(), decisions);
        keys.insert("expected_cost_change".to_owned(), change(shift, quadrants));
        let price = json!({
            "false_negative": shift.price.false_negative,
            "false_positive": shift.price.false_positive,
            "probability": COSTS,
        });
        keys.insert("cost".to_owned(), price);
        keys.insert("segments".to_owned(), Value::Array(segments));
    }
    value
}

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
    let share = |by| language.percent_or_dash(refused(quadrants, by));
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
