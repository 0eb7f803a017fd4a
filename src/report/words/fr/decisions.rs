//! Logged decisions, in French.

use vigie_profile::shown::shown;

use super::numbers::{exact, grouped, is_plural, number, percent, plural, s};
use crate::{
    judge::{Contradictions, DecisionCause},
    report::report::DecisionReport,
};

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> String {
    percent(part as f64 / (whole as f64).max(1.0))
}

/// Which decisions contradict their scores.
pub(super) fn contradictions(found: &Contradictions) -> String {
    let Contradictions { rows, accepted, refused, threshold, high_score: _, cause } = found;
    let (against, threshold) = (accepted + refused, exact(*threshold));
    let of_all = format!(
        "{} décision{} du journal sur {} ({})",
        grouped(against),
        s(against),
        grouped(*rows),
        share(against, *rows)
    );
    match cause {
        DecisionCause::OneWord { refused: true } => format!(
            "les {} décisions du journal sont toutes des refus, alors que {} {} une acceptation (seuil {threshold})",
            grouped(*rows),
            grouped(*refused),
            plural(*refused, "score appelle", "scores appellent")
        ),
        DecisionCause::OneWord { refused: false } => format!(
            "les {} décisions du journal sont toutes des acceptations, alors que {} {} un refus (seuil {threshold})",
            grouped(*rows),
            grouped(*accepted),
            plural(*accepted, "score appelle", "scores appellent")
        ),
        DecisionCause::Reversed => format!(
            "{of_all} {} l’inverse de ce que le score appelle (seuil {threshold})",
            plural(against, "est", "sont")
        ),
        DecisionCause::Threshold { followed } => format!(
            "les décisions du journal suivent le seuil {} et non {threshold}\u{a0}: {} sur {} {} leur score",
            exact(*followed),
            grouped(against),
            grouped(*rows),
            plural(against, "contredit", "contredisent")
        ),
        DecisionCause::Overrides => format!(
            "{of_all} {} le score et le seuil\u{a0}: {} acceptation{} et {} refus contre l’avis du score",
            plural(against, "contredit", "contredisent"),
            grouped(*accepted),
            s(*accepted),
            grouped(*refused)
        ),
    }
}

/// What to check.
pub(super) fn contradictions_evidence(cause: DecisionCause) -> &'static str {
    match cause {
        DecisionCause::OneWord { .. } => "vérifier le service qui prend les décisions",
        DecisionCause::Reversed => {
            "les mots ou le sens du score sont inversés\u{a0}: vérifier model.decisions et model.event"
        }
        DecisionCause::Threshold { .. } => "corriger le service, ou model.threshold",
        DecisionCause::Overrides => {
            "si des personnes ou des règles peuvent forcer la décision, renseigner model.overrides: allowed"
        }
    }
}

/// Decisions with a word that is not known.
pub(super) fn unknown(rows: u64, unknown: u64, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("«\u{a0}{}\u{a0}»", shown(word))).collect();
    let listed = if words.is_empty() { String::new() } else { format!("\u{a0}: {}", words.join(", ")) };
    let (decisions, carry) = if is_plural(unknown) {
        ("décisions", "portent des mots inconnus")
    } else {
        ("décision", "porte un mot inconnu")
    };
    format!("{} {decisions} sur {} ({}) {carry}{listed}", grouped(unknown), grouped(rows), share(unknown, rows))
}

/// How the share of decisions against the score has changed.
pub(super) fn overrides(refused: bool, from: f64, to: f64, windows: usize) -> String {
    let what = if refused { "refus" } else { "acceptations" };
    let before = match windows {
        1 => "à la fenêtre précédente".to_owned(),
        windows => format!("aux {windows} fenêtres précédentes"),
    };
    format!(
        "{what} contre l’avis du score\u{a0}: {} → {} des décisions, par rapport {before}",
        percent(from),
        percent(to)
    )
}

/// Whether the decisions of a window agree with their scores.
pub(super) fn summary(decisions: &DecisionReport) -> String {
    let counts = &decisions.counts;
    let (against, decidable) = (counts.against(), counts.decidable());
    let threshold = exact(counts.rule.threshold);
    match against {
        _ if decidable == 0 => "Aucune décision ne peut être comparée à son score.".to_owned(),
        0 => format!(
            "{} décision{} comparable{} au score et au seuil ({threshold})\u{a0}: aucune ne les contredit.",
            grouped(decidable),
            s(decidable),
            s(decidable)
        ),
        _ => format!(
            "{} décision{} comparable{} sur {} ({}) {} le score et le seuil ({threshold}).",
            grouped(against),
            s(against),
            s(against),
            grouped(decidable),
            share(against, decidable),
            plural(against, "contredit", "contredisent")
        ),
    }
}

/// Explains the rows that are too close to the threshold.
pub(super) fn tie(rounding: f64) -> String {
    format!("À {} du seuil ou moins, l’arrondi des scores du journal ne permet pas de trancher.", number(rounding))
}
