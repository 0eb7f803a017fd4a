//! Headlines in French.

use vigie_profile::shown::shown;

use super::{
    findings, lists,
    numbers::{grouped, percent, row_count, s},
    stories,
};
use crate::{
    judge::{DriftedFeatures, Finding, Headline, Severity, VerdictHeadline},
    report::words::format::capitalized,
};

/// `clause` states a finding as one clause.
pub(super) fn headline(headline: &Headline, clause: &dyn Fn(&Finding) -> String) -> Option<String> {
    Some(match headline {
        Headline::Verdict(verdict) => self::verdict(verdict, clause),
        Headline::Failed { test, failure } => capitalized(&findings::failure(*test, failure, false)),
        Headline::Labels { windows: 1 } => "Les étiquettes de cette fenêtre sont arrivées.".to_owned(),
        Headline::Labels { windows } => {
            format!("Les étiquettes de {windows} fenêtres sont arrivées\u{a0}; celle-ci est la plus récente.")
        }
        Headline::Test => "Ceci est un message de test\u{a0}: l’envoi des alertes par vigie fonctionne.".to_owned(),
        Headline::Stored { sentence: _, french } => return french.clone(),
    })
}

fn verdict(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> String {
    let VerdictHeadline { severity, rows, min_rows, features, .. } = verdict;
    match severity {
        Severity::Stable => {
            let features = if *features == 1 {
                "1 variable".to_owned()
            } else {
                format!("les {} variables", grouped(*features as u64))
            };
            format!("Stable\u{a0}: {} conforme{} à la référence, pour {features}.", row_count(*rows), s(*rows))
        }
        Severity::Watch => format!("À surveiller\u{a0}: {}.", clauses(verdict, clause).join("\u{a0}; ")),
        Severity::Alarm => format!("Alarme\u{a0}: {}.", clauses(verdict, clause).join("\u{a0}; ")),
        Severity::TooFew => {
            let (used, needed) = (s(*rows), s(*min_rows));
            let (rows, min_rows) = (grouped(*rows), grouped(*min_rows));
            format!("Trop peu de lignes pour un verdict\u{a0}: {rows} utilisée{used}, {min_rows} nécessaire{needed}.")
        }
        Severity::NoData => "Pas de données\u{a0}: aucun enregistrement dans cette fenêtre.".to_owned(),
    }
}

/// The worst finding comes first.
pub(super) fn clauses(verdict: &VerdictHeadline, clause: &dyn Fn(&Finding) -> String) -> Vec<String> {
    let features = verdict.drifted.iter().flat_map(|drifted| self::drifted(drifted, verdict.features));
    let others = verdict.others.iter().map(clause);
    let more = match verdict.more_others {
        0 => None,
        1 => Some("1 autre constat".to_owned()),
        more => Some(format!("{more} autres constats")),
    };
    if verdict.is_feature_worst {
        features.chain(others).chain(more).collect()
    } else {
        others.chain(features).chain(more).collect()
    }
}

/// What happened to the worst features, and how many there are.
fn drifted(drifted: &DriftedFeatures, features: usize) -> Vec<String> {
    let DriftedFeatures { count, worst, direction, story, also, more } = drifted;
    let worst = match story {
        Some(story) => stories::story(story),
        None => format!("{} {}", shown(worst), findings::direction(direction)),
    };
    let also = if also.is_empty() { String::new() } else { format!(" (également {})", lists::stories(also, *more)) };
    let features = grouped(features as u64);
    match count {
        0 => vec![format!("{worst}{also}")],
        1 => vec![worst, format!("1 variable sur {features} en dérive{also}")],
        count => vec![worst, format!("{} variables sur {features} en dérive{also}", grouped(*count as u64))],
    }
}

pub(super) fn bare(severity: Severity, found: usize, drifted_share: Option<f64>) -> String {
    let share = drifted_share.map_or("–".to_owned(), percent);
    let noun = if found > 1 { "constats" } else { "constat" };
    format!("{}\u{a0}: {found} {noun}, {share} des variables en dérive.", findings::severity_word(severity))
}
