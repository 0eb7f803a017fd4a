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
    pub cause: Option<String>,
    pub facts: Vec<(&'static str, String)>,
    pub examples: Vec<ExampleLine>,
    pub challenger: Option<ChallengerCard>,
}

pub(crate) fn card(replay: &Replay, language: Language) -> ReplayCard {
    let parity = &replay.parity;
    ReplayCard {
        is_broken: parity.is_broken(),
        sentence: sentence(parity, None, language),
        cause: cause(parity, language),
        facts: facts(parity, &format!("sha256 {}", replay.model_sha256), language),
        examples: examples(parity, language),
        challenger: replay.challenger.as_ref().map(|shift| challenger::card(shift, language)),
    }
}

pub(crate) fn facts(parity: &Parity, model: &str, language: Language) -> Vec<(&'static str, String)> {
    let labels = language.labels();
    let (logged, replayed) = parity.refused();
    let share = |share| language.percent_or_dash(share);
    let mut facts = vec![(labels.rows_rescored, language.part_of(parity.compared, parity.rows))];
    if parity.not_scorable > 0 {
        facts.push((labels.rows_not_scorable, language.grouped(parity.not_scorable)));
    }
    facts.push((labels.scores_that_differ, language.grouped(parity.mismatches)));
    facts.push((labels.largest_difference, language.tiny(parity.max_abs_difference)));
    if parity.decided > 0 || parity.compared == 0 {
        facts.push((labels.decisions_flipped, language.grouped(parity.decisions_flipped)));
        facts.push((labels.refused_logged_model, format!("{} → {}", share(logged), share(replayed))));
    } else {
        facts.push((labels.decisions_flipped, language.no_decisions().to_owned()));
    }
    facts.push((labels.log_precision, language.logged_precision(&parity.precision)));
    facts.extend(parity.promise.as_ref().map(|promise| (labels.vigie_scores, language.score_promise(promise))));
    facts.push((labels.model_file, model.to_owned()));
    facts
}

/// States why scores differ, if it is known.
pub(crate) fn cause(parity: &Parity, language: Language) -> Option<String> {
    parity.cause.as_ref().map(|cause| language.parity_cause(cause))
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

/// Describes the comparison in one sentence. `challenger`: the name of the model file, unless it is the config's.
pub(crate) fn sentence(parity: &Parity, challenger: Option<&str>, language: Language) -> String {
    language.parity(parity, &language.logged_precision(&parity.precision), challenger)
}
