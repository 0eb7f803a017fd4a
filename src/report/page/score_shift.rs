//! Which drift moved the score, for machines and for people: what putting values back changes.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vigie_profile::shown::shown;

use crate::{
    replay::{DRAWS, Restored, SEED, STRONG, ScoreShift, Standing},
    report::{
        Report,
        words::{Language, verdict::grouped},
    },
};

/// How the figures are made, in one sentence.
const METHOD: &str = "The reference's values are put back and the rows scored again by the model file. Only what has moved by more \
    than chance (p at most `limit`) is touched: numbers (KS) keep their order, and the i-th smallest of k gets the reference's value \
    at place (i + 1/2) / k, ties in drawn order; levels (chi-square) of which there are too many are redrawn; missing values are \
    filled or made until their share is the reference's. A value outside the reference's range, or unseen levels, in 1 % of the \
    rows are filled. Draws are hashes of the rows' ids. by_chance: 95 % of other draws of the reference's values change what is put \
    back by no more than that.";

/// The `score_shift` of the `attribution` section.
pub(crate) fn to_value(shift: &Result<ScoreShift, String>, limit: f64) -> Value {
    let shift = match shift {
        Ok(shift) => shift,
        Err(reason) => return json!({ "rows": null, "reason": reason }),
    };
    json!({
        "rows": shift.rows,
        "reason": null,
        "method": METHOD,
        "seed": SEED,
        "draws": DRAWS,
        "limit": limit,
        "rank_correlation": STRONG,
        "window": standing(&shift.now),
        "reference": {
            "mean_score": shift.reference.mean_score,
            "share_refused": shift.reference.share_refused,
            "expected_cost_per_1000": shift.reference.cost_per_1000,
        },
        "restored": shift.restored.iter().map(restored).collect::<Vec<_>>(),
        "drifted_features_left_out": shift.left_out,
    })
}

fn standing(standing: &Standing) -> Value {
    json!({
        "mean_score": standing.mean_score,
        "share_refused": standing.share_refused,
        "expected_cost_per_1000": standing.cost_per_1000,
    })
}

fn restored(one: &Restored) -> Value {
    let figure = |of: fn(&Standing) -> Option<f64>| {
        of(&one.standing).map_or(
            Value::Null,
            |restored| json!({ "restored": restored, "change": of(&one.change), "by_chance": of(&one.by_chance) }),
        )
    };
    json!({
        "features": one.features,
        "drifted": one.is_drifted,
        "rows_changed": one.rows_changed,
        "mean_score": figure(|standing| Some(standing.mean_score)),
        "share_refused": figure(|standing| Some(standing.share_refused)),
        "expected_cost_per_1000": figure(|standing| standing.cost_per_1000),
    })
}

/// Whether chance does not explain the change of the mean score.
fn is_beyond_chance(one: &Restored) -> bool {
    one.change.mean_score.abs() > one.by_chance.mean_score
}

/// What moved the score most, in a sentence without its full stop; `None` where no drifted feature did.
#[must_use]
pub fn score_shift_sentence(report: &Report, language: Language) -> Option<String> {
    let shift = report.score_shift.as_ref()?.as_ref().ok()?;
    let first = shift.restored.iter().find(|one| one.is_drifted && is_beyond_chance(one))?;
    let all = shift.restored.iter().filter(|one| one.is_drifted).max_by_key(|one| one.features.len())?;
    let percent = |share: f64| language.percent(share);
    let mut sentence = format!(
        "{} {} {} {} → {}",
        names(first, language),
        language.pick("put back:", "remis en place :"),
        language.pick("share refused", "part refusée"),
        percent(shift.now.share_refused),
        percent(first.standing.share_refused)
    );
    if let (Some(now), Some(then)) = (shift.now.cost_per_1000, first.standing.cost_per_1000) {
        let _ = write!(
            sentence,
            ", {} {} → {}",
            language.pick("expected cost per 1,000", "coût attendu pour 1 000"),
            language.number(now),
            language.number(then)
        );
    }
    if all.features.len() > first.features.len() {
        let _ = write!(
            sentence,
            " ({} {} {})",
            language.pick("with all that drifted,", "avec tout ce qui a dérivé,"),
            language.pick("refused", "refusés"),
            percent(all.standing.share_refused)
        );
    }
    Some(sentence)
}

fn names(one: &Restored, language: Language) -> String {
    let names: Vec<String> = one.features.iter().map(|name| shown(name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} {} {second}", language.pick("and", "et")),
        [first, second, rest @ ..] => {
            let (and, more) = (language.pick("and", "et"), language.pick("more", "de plus"));
            format!("{first}, {second} {and} {} {more}", rest.len())
        }
    }
}

/// One set of features, as text.
pub(crate) struct RestoredLine {
    pub names: Vec<(String, String)>,
    pub rows: String,
    pub score: String,
    pub refused: String,
    pub cost: String,
}

/// What the page shows.
pub(crate) struct ScoreShiftCard {
    pub sentences: Vec<String>,
    pub has_cost: bool,
    pub lines: Vec<RestoredLine>,
}

pub(crate) fn card(report: &Report, language: Language) -> Option<ScoreShiftCard> {
    let shift = match report.score_shift.as_ref()? {
        Ok(shift) => shift,
        Err(why) => {
            let sentence = format!("{} {why}.", language.pick("Not measured:", "Non mesuré :"));
            return Some(ScoreShiftCard { sentences: vec![sentence], has_cost: false, lines: Vec::new() });
        }
    };
    let mut sentences: Vec<String> =
        score_shift_sentence(report, language).into_iter().map(|sentence| format!("{sentence}.")).collect();
    sentences.push(now(shift, language));
    let told = |one: &&Restored| one.is_drifted || is_beyond_chance(one);
    let others = shift.restored.iter().filter(|one| !told(one)).count();
    if others > 0 {
        sentences.push(match language {
            Language::English => format!(
                "{others} important features that have not drifted were looked at as well: putting them back changes nothing beyond chance."
            ),
            Language::French => format!(
                "{others} variables importantes qui n’ont pas dérivé ont aussi été examinées : les remettre en place ne change \
                 rien au-delà du hasard."
            ),
        });
    }
    if shift.left_out > 0 {
        sentences.push(match language {
            Language::English => format!("{} more drifted features were not put back.", shift.left_out),
            Language::French => format!("{} autres variables dérivées n’ont pas été remises en place.", shift.left_out),
        });
    }
    let link = |name: &String| {
        let place = report.drift.features.iter().position(|feature| feature.name == *name);
        (place.map_or(String::new(), |place| format!("#f{place}")), shown(name))
    };
    let lines = shift.restored.iter().filter(told).map(|one| line(one, link, language)).collect();
    Some(ScoreShiftCard { sentences, has_cost: shift.now.cost_per_1000.is_some(), lines })
}

fn line(one: &Restored, link: impl Fn(&String) -> (String, String), language: Language) -> RestoredLine {
    let signed = |value: f64, places: usize| language.signed(value, places);
    let beside = |value: String, change: String, chance: String| format!("{value} ({change} ± {chance})");
    let (then, moved, chance) = (&one.standing, &one.change, &one.by_chance);
    let points = |share: f64| signed(100.0 * share, 1);
    RestoredLine {
        names: one.features.iter().map(link).collect(),
        rows: grouped(one.rows_changed),
        score: beside(
            language.four_decimals(then.mean_score),
            signed(moved.mean_score, 4),
            language.four_decimals(chance.mean_score),
        ),
        refused: beside(
            language.percent(then.share_refused),
            points(moved.share_refused),
            points(chance.share_refused).trim_start_matches('+').to_owned(),
        ),
        cost: then.cost_per_1000.zip(moved.cost_per_1000).zip(chance.cost_per_1000).map_or(
            "–".to_owned(),
            |((then, moved), chance)| {
                beside(language.number(then), signed(moved, 0), signed(chance, 0).trim_start_matches('+').to_owned())
            },
        ),
    }
}

fn now(shift: &ScoreShift, language: Language) -> String {
    let (now, known) = (&shift.now, &shift.reference);
    let score = |value: Option<f64>| value.map_or("–".to_owned(), |value| language.four_decimals(value));
    let cost = |value: Option<f64>| language.number_or_dash(value);
    let refused = |value: Option<f64>| language.percent_or_dash(value);
    let rows = grouped(shift.rows);
    match language {
        Language::English => format!(
            "As they are, {rows} rows have a mean score of {} (reference {}), {} refused (reference {}) and an expected cost of {} \
             per 1,000 (reference {}). Below, the same rows with the reference’s values put back and scored again, the largest \
             change in mean score first; 95 of 100 other draws of the reference’s values stay within ±.",
            score(Some(now.mean_score)),
            score(known.mean_score),
            refused(Some(now.share_refused)),
            refused(known.share_refused),
            cost(now.cost_per_1000),
            cost(known.cost_per_1000)
        ),
        Language::French => format!(
            "Telles quelles, {rows} lignes ont un score moyen de {} (référence {}), {} de refus (référence {}) et un coût attendu de \
             {} pour 1 000 (référence {}). Ci-dessous, les mêmes lignes avec les valeurs de la référence remises en place et \
             rescorées, le plus grand changement de score moyen d’abord ; 95 autres tirages sur 100 des valeurs de la référence restent \
             dans ±.",
            score(Some(now.mean_score)),
            score(known.mean_score),
            refused(Some(now.share_refused)),
            refused(known.share_refused),
            cost(now.cost_per_1000),
            cost(known.cost_per_1000)
        ),
    }
}
