//! The replay section: logged scores beside those of the model file, for machines and for people.

use serde_json::{Value, json};

use super::{
    challenger::{self, ChallengerCard},
    words::{grouped, share},
};
use crate::{
    replay::{Parity, Replay},
    shown::shown,
};

/// The keys that scripts rely on.
pub(super) fn to_value(replay: &Replay) -> Value {
    let mut value = parity_value(&replay.parity);
    if let Some(keys) = value.as_object_mut() {
        keys.insert("model_sha256".to_owned(), json!(replay.model_sha256));
        keys.insert("challenger".to_owned(), json!(replay.challenger.as_ref().map(challenger::to_value)));
    }
    value
}

/// The comparison alone.
pub(super) fn parity_value(parity: &Parity) -> Value {
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
        "precision": { "words": parity.precision, "decimals": parity.decimals },
        "refused_share": { "logged": logged, "replayed": replayed },
    })
}

/// A row that differs, as text.
pub(super) struct ExampleLine {
    pub id: String,
    pub logged: String,
    pub replayed: String,
    pub difference: String,
}

/// What the page shows.
pub(super) struct ReplayCard {
    pub is_broken: bool,
    pub sentence: String,
    pub facts: Vec<(&'static str, String)>,
    pub examples: Vec<ExampleLine>,
    pub challenger: Option<ChallengerCard>,
}

pub(super) fn card(replay: &Replay) -> ReplayCard {
    let parity = &replay.parity;
    ReplayCard {
        is_broken: parity.is_broken(),
        sentence: sentence(parity),
        facts: facts(parity, &format!("sha256 {}", replay.model_sha256)),
        examples: examples(parity),
        challenger: replay.challenger.as_ref().map(challenger::card),
    }
}

pub(super) fn facts(parity: &Parity, model: &str) -> Vec<(&'static str, String)> {
    let (logged, replayed) = parity.refused();
    vec![
        ("rows scored again", format!("{} of {}", grouped(parity.compared), grouped(parity.rows))),
        ("scores that differ", grouped(parity.mismatches)),
        ("largest difference", parity.max_abs_difference.map_or("–".to_owned(), |far| format!("{far:.1e}"))),
        ("decisions flipped", grouped(parity.decisions_flipped)),
        ("share refused, logged → model", format!("{} → {}", share(logged), share(replayed))),
        ("logged precision", parity.precision.clone()),
        ("model file", model.to_owned()),
    ]
}

pub(super) fn examples(parity: &Parity) -> Vec<ExampleLine> {
    let line = |one: &crate::replay::Example| ExampleLine {
        id: shown(&one.id),
        logged: one.logged.to_string(),
        replayed: one.replayed.to_string(),
        difference: format!("{:+.6}", one.replayed - one.logged).replace('-', "−"),
    };
    parity.examples.iter().map(line).collect()
}

/// The comparison in one sentence.
pub(super) fn sentence(parity: &Parity) -> String {
    match (parity.compared, parity.mismatches) {
        (0, _) => "No row could be scored again.".to_owned(),
        (compared, 0) => format!(
            "All {} rows scored again give the logged score, at the precision of the log ({}).",
            grouped(compared),
            parity.precision
        ),
        (compared, mismatches) => {
            format!("{} of {} logged scores are not those of the model file.", grouped(mismatches), grouped(compared))
        }
    }
}
