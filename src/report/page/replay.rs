//! Replay: logged scores compared with those of the model file.

use vigie_profile::shown::shown;

use super::challenger::{self, ChallengerCard};
use crate::{
    replay::{Parity, Replay},
    report::words::Language,
};

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
    let labels = language.labels();
    let (logged, replayed) = parity.refused();
    let share = |share| language.percent_or_dash(share);
    vec![
        (labels.rows_rescored, language.part_of(parity.compared, parity.rows)),
        (labels.scores_that_differ, language.grouped(parity.mismatches)),
        (labels.largest_difference, language.tiny(parity.max_abs_difference)),
        (labels.decisions_flipped, language.grouped(parity.decisions_flipped)),
        (labels.refused_logged_model, format!("{} → {}", share(logged), share(replayed))),
        (labels.log_precision, language.logged_precision(&parity.precision)),
        (labels.model_file, model.to_owned()),
    ]
}

pub(crate) fn examples(parity: &Parity, language: Language) -> Vec<ExampleLine> {
    let line = |one: &crate::replay::Example| ExampleLine {
        id: shown(&one.id),
        logged: language.number_plain(one.logged),
        replayed: language.number_plain(one.replayed),
        difference: language.signed_always(one.replayed - one.logged, 6),
    };
    parity.examples.iter().map(line).collect()
}

/// Describes the comparison in one sentence.
pub(crate) fn sentence(parity: &Parity, language: Language) -> String {
    language.parity(parity, &language.logged_precision(&parity.precision))
}
