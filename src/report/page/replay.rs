//! Replay: logged scores compared with those of the model file, as JSON and as a page section.

use serde_json::{Value, json};
use vigie_profile::shown::shown;

use super::challenger::{self, ChallengerCard};
use crate::{
    replay::{Parity, Replay},
    report::words::Language,
};

/// Returns the `replay` section; scripts rely on its keys.
pub(crate) fn to_value(replay: &Replay) -> Value {
    let mut value = parity_value(&replay.parity);
    if let Some(keys) = value.as_object_mut() {
        keys.insert("model_sha256".to_owned(), json!(replay.model_sha256));
        keys.insert("challenger".to_owned(), json!(replay.challenger.as_ref().map(challenger::to_value)));
    }
    value
}

/// Returns the comparison without the challenger.
pub(crate) fn parity_value(parity: &Parity) -> Value {
    let (logged, replayed) = parity.refused();
    let examples = parity.examples.iter();
    let examples: Vec<Value> =
        examples.map(|one| json!({ "id": one.id, "logged": one.logged, "replayed": one.replayed })).collect();
    json!({
        "rows": parity.rows,
        "compared": parity.compared,
        "mismatches": parity.mismatches,
        "max_abs_difference": parity.max_abs_difference,
        "decisions_flipped": parity.decisions_flipped,
        "examples": examples,
        "precision": { "words": Language::English.logged_precision(&parity.precision), "decimals": parity.decimals },
        "refused_share": { "logged": logged, "replayed": replayed },
    })
}

/// Table row of a score that differs.
pub(crate) struct ExampleLine {
    pub id: String,
    pub logged: String,
    pub replayed: String,
    pub difference: String,
}

/// Content of the section.
pub(crate) struct ReplayCard {
    pub is_broken: bool,
    pub sentence: String,
    pub facts: Vec<(&'static str, String)>,
    pub examples: Vec<ExampleLine>,
    pub challenger: Option<ChallengerCard>,
}

pub(crate) fn card(replay: &Replay, language: Language) -> ReplayCard {
    let parity = &replay.parity;
    ReplayCard {
        is_broken: parity.is_broken(),
        sentence: sentence(parity, language),
        facts: facts(parity, &format!("sha256 {}", replay.model_sha256), language),
        examples: examples(parity, language),
        challenger: replay.challenger.as_ref().map(|shift| challenger::card(shift, language)),
    }
}

pub(crate) fn facts(parity: &Parity, model: &str, language: Language) -> Vec<(&'static str, String)> {
    let (logged, replayed) = parity.refused();
    let share = |share| language.percent_or_dash(share);
    let of = language.pick("of", "sur");
    vec![
        (
            language.rows_rescored(),
            format!("{} {of} {}", language.grouped(parity.compared), language.grouped(parity.rows)),
        ),
        (language.scores_that_differ(), language.grouped(parity.mismatches)),
        (language.largest_difference(), language.tiny(parity.max_abs_difference)),
        (language.decisions_flipped(), language.grouped(parity.decisions_flipped)),
        (language.refused_logged_model(), format!("{} → {}", share(logged), share(replayed))),
        (language.log_precision(), language.logged_precision(&parity.precision)),
        (language.model_file(), model.to_owned()),
    ]
}

pub(crate) fn examples(parity: &Parity, language: Language) -> Vec<ExampleLine> {
    let line = |one: &crate::replay::Example| ExampleLine {
        id: shown(&one.id),
        logged: language.number_plain(one.logged),
        replayed: language.number_plain(one.replayed),
        difference: language.signed_six(one.replayed - one.logged),
    };
    parity.examples.iter().map(line).collect()
}

/// Describes the comparison in one sentence.
pub(crate) fn sentence(parity: &Parity, language: Language) -> String {
    let (compared, mismatches) = (language.grouped(parity.compared), language.grouped(parity.mismatches));
    match (parity.compared, parity.mismatches, language) {
        (0, _, Language::English) => "No rows could be rescored: there are no usable records.".to_owned(),
        (0, _, Language::French) => {
            "Aucune ligne n’a pu être rescorée\u{a0}: il n’y a aucun enregistrement exploitable.".to_owned()
        }
        (_, 0, Language::English) => format!(
            "All {compared} rows scored again give the logged score, at the precision of the log ({}).",
            language.logged_precision(&parity.precision)
        ),
        (_, 0, Language::French) => format!(
            "Les {compared} lignes rescorées donnent toutes le score du journal, à la précision du journal ({}).",
            language.logged_precision(&parity.precision)
        ),
        (_, 1, Language::English) => {
            format!("1 of {compared} logged scores differs from that of the model file.")
        }
        (_, 1, Language::French) => {
            format!("1 score du journal sur {compared} diffère de celui du fichier de modèle.")
        }
        (.., Language::English) => {
            format!("{mismatches} of {compared} logged scores differ from those of the model file.")
        }
        (.., Language::French) => {
            format!("{mismatches} scores du journal sur {compared} diffèrent de ceux du fichier de modèle.")
        }
    }
}
