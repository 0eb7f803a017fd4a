//! Sentences about the whole run: the verdict, its history, and changes since the last window.

use std::collections::BTreeSet;

use vigie_profile::shown::shown;

use super::{
    Language,
    direction::direction,
    format::day,
    reasons::{self, FRENCH_NOT_READ},
};
use crate::{
    judge::{Finding, NOT_READ, Severity, Test},
    report::{
        Context, Report,
        document::{FeaturePoint, TrendPoint},
    },
};

/// Returns the verdict in one sentence, as used in JSON and the terminal.
#[must_use]
pub fn verdict_sentence(report: &Report) -> String {
    // JSON and the terminal use plain spaces.
    verdict_in(report, Language::English).replace('\u{a0}', " ")
}

/// Returns the verdict in one sentence, in the given language.
#[must_use]
pub fn verdict_in(report: &Report, language: Language) -> String {
    let rows = language.row_count(report.drift.n_window);
    let features = report.drift.features.len();
    let s = |number| if language.is_plural(number) { "s" } else { "" };
    let what = || {
        let mut clauses: Vec<String> = drifted_features(report, language).into_iter().collect();
        // The worst finding comes first.
        let is_elsewhere = report.verdict.findings.first().is_some_and(|finding| finding.feature.is_none());
        let place = if is_elsewhere { 0 } else { clauses.len() };
        clauses.splice(place..place, other_findings(report, language));
        clauses.join(language.pick("; ", "\u{a0}; "))
    };
    let needed = language.grouped(report.policy.min_rows);
    match (language, report.verdict.severity) {
        (Language::English, Severity::Stable) => {
            let features = if features == 1 { "1 feature".to_owned() } else { format!("all {features} features") };
            let verb = if report.drift.n_window == 1 { "matches" } else { "match" };
            format!("Stable: {rows} {verb} the reference in {features}.")
        }
        (Language::English, Severity::Watch) => format!("Watch: {}.", what()),
        (Language::English, Severity::Alarm) => format!("Alarm: {}.", what()),
        (Language::English, Severity::TooFew) => {
            let rows = language.grouped(report.drift.n_window);
            format!("Too few rows for a verdict: {rows} used, {needed} needed.")
        }
        (Language::English, Severity::NoData) => "No data: no records in this window.".to_owned(),
        (Language::French, Severity::Stable) => {
            let features = if features == 1 { "1 variable".to_owned() } else { format!("les {features} variables") };
            let s = s(report.drift.n_window);
            format!("Stable\u{a0}: {rows} conforme{s} à la référence, pour {features}.")
        }
        (Language::French, Severity::Watch) => format!("À surveiller\u{a0}: {}.", what()),
        (Language::French, Severity::Alarm) => format!("Alarme\u{a0}: {}.", what()),
        (Language::French, Severity::TooFew) => {
            let rows = language.grouped(report.drift.n_window);
            let (used, more) = (s(report.drift.n_window), s(report.policy.min_rows));
            format!("Trop peu de lignes pour un verdict\u{a0}: {rows} utilisée{used}, {needed} nécessaire{more}.")
        }
        (Language::French, Severity::NoData) => {
            "Pas de données\u{a0}: aucun enregistrement dans cette fenêtre.".to_owned()
        }
    }
}

/// Names the feature with the worst finding and its direction, and counts the others, two of them by name.
fn drifted_features(report: &Report, language: Language) -> Option<String> {
    let features = report.drift.features.len();
    let drifted = report.verdict.features.iter().filter(|feature| feature.severity.is_drift()).count();
    let mut seen = BTreeSet::new();
    let about = report.verdict.findings.iter().filter_map(|finding| Some((finding.feature.as_deref()?, finding)));
    let named: Vec<(&str, &Finding)> = about.filter(|(name, _)| seen.insert(*name)).collect();
    let (&(worst, finding), others) = named.split_first()?;
    let drift = report.drift.features.iter().find(|feature| feature.name == worst)?;
    let which = format!("{} {}", shown(worst), direction(finding, drift, language));
    let others: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    let also = match others.as_slice() {
        [] => String::new(),
        others => format!(" ({} {})", language.pick("also", "également"), list_names(others, 2, language)),
    };
    let noun = if features == 1 { "feature" } else { "features" };
    let count = match language {
        Language::English => format!("{drifted} of {features} {noun} drifted{also}"),
        Language::French if drifted == 1 => format!("1 variable sur {features} en dérive"),
        Language::French => format!("{drifted} variables sur {features} en dérive{also}"),
    };
    Some(format!("{which}{}{count}", language.pick("; ", "\u{a0}; ")))
}

/// Lists at most `most` names, and the number of further ones.
fn list_names(names: &[&str], most: usize, language: Language) -> String {
    let listed = names.iter().take(most).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => listed,
        more => format!("{listed} {} {more} {}", language.pick("and", "et"), language.pick("more", "autres")),
    }
}

/// Returns one clause for each of the first findings about the score and the service.
fn other_findings(report: &Report, language: Language) -> Vec<String> {
    let findings = report.verdict.findings.iter().filter(|finding| finding.feature.is_none());
    let clause = |finding: &Finding| {
        let reason = reasons::reason(report, finding, language);
        let clause = reason.split("; ").next().unwrap_or_default().trim_end();
        // Only the name of what was not read; the reason is long and listed below.
        let opening = language.pick(NOT_READ, FRENCH_NOT_READ);
        let Some(name) = clause.strip_prefix(opening).and_then(|what| what.split(": ").next()) else {
            return clause.to_owned();
        };
        if finding.test == Test::Labels {
            return format!("{} ({name})", language.pick("labels could not be read", "étiquettes illisibles"));
        }
        format!("{opening}{name}")
    };
    findings.take(3).map(clause).collect()
}

/// Describes for how long the worst finding or the verdict has lasted.
pub(crate) fn since(report: &Report, context: &Context) -> String {
    let language = context.language;
    let past = &context.past;
    let Some(last) = past.last() else {
        return language
            .pick(
                "Unknown: there is no earlier report of this model.",
                "Inconnu\u{a0}: aucun rapport antérieur de ce modèle.",
            )
            .to_owned();
    };
    let severity = report.verdict.severity;
    let is_same = |point: &&TrendPoint| match worst_feature(report) {
        Some((place, name)) => {
            point.feature(place, name).is_some_and(|FeaturePoint(_, _, severity)| severity.is_drift())
        }
        None => point.head.severity == severity,
    };
    let streak: Vec<&TrendPoint> = past.iter().rev().take_while(is_same).collect();
    let subject = worst_feature(report).map(|(_, name)| shown(name));
    let before = past.len();
    match (streak.last(), language) {
        (None, Language::English) if severity == Severity::Stable => {
            format!("Stable again: the previous window was “{}”.", language.severity_word(last.head.severity))
        }
        (None, Language::French) if severity == Severity::Stable => {
            format!(
                "De nouveau stable\u{a0}: la fenêtre précédente était «\u{a0}{}\u{a0}».",
                language.severity_word(last.head.severity)
            )
        }
        (None, Language::English) => {
            let windows = if before == 1 { "window".to_owned() } else { format!("{before} windows") };
            let day = day(report.examined.window.from);
            match subject {
                Some(name) => format!("New in this window ({day}): {name} had not drifted in the previous {windows}."),
                None => format!("New in this window ({day}): the verdict was different in the previous {windows}."),
            }
        }
        (None, Language::French) => {
            let windows = if before == 1 {
                "la fenêtre précédente".to_owned()
            } else {
                format!("les {before} fenêtres précédentes")
            };
            let day = day(report.examined.window.from);
            match subject {
                Some(name) => {
                    format!("Nouveau dans cette fenêtre ({day})\u{a0}: {name} n’avait pas dérivé dans {windows}.")
                }
                None => format!("Nouveau dans cette fenêtre ({day})\u{a0}: le verdict était différent dans {windows}."),
            }
        }
        (Some(first), Language::English) => {
            let since = day(first.head.window.from);
            let windows = streak.len() + 1;
            if severity == Severity::Stable {
                format!("Stable since at least {since} ({windows} windows in a row).")
            } else {
                let what = subject.map_or("Same verdict".to_owned(), |name| format!("{name} has drifted"));
                format!("{what} since {since} ({windows} windows in a row).")
            }
        }
        (Some(first), Language::French) => {
            let since = day(first.head.window.from);
            let windows = streak.len() + 1;
            if severity == Severity::Stable {
                format!("Stable au moins depuis le {since} ({windows} fenêtres consécutives).")
            } else {
                let what = subject.map_or("Même verdict".to_owned(), |name| format!("{name} en dérive"));
                format!("{what} depuis le {since} ({windows} fenêtres consécutives).")
            }
        }
    }
}

/// Returns the feature of the worst finding, if it is about a feature.
fn worst_feature(report: &Report) -> Option<(usize, &str)> {
    let named = report.verdict.findings.iter().filter(|finding| finding.test != Test::ShareRefused);
    let name = named.map(|finding| finding.feature.as_deref()).next()??;
    let place = report.drift.features.iter().position(|feature| feature.name == name)?;
    Some((place, name))
}

/// Returns the changes since the previous window, one sentence each.
pub(crate) fn changes(report: &Report, context: &Context) -> Vec<String> {
    let language = context.language;
    let Some(last) = context.past.last() else { return Vec::new() };
    let (mut new, mut recovered) = (Vec::new(), Vec::new());
    let is_judged = !matches!(report.verdict.severity, Severity::TooFew | Severity::NoData);
    for (place, (drift, verdict)) in report.drift.features.iter().zip(&report.verdict.features).enumerate() {
        let was = last.feature(place, &drift.name).is_some_and(|feature| feature.2.is_drift());
        match (was, verdict.severity.is_drift()) {
            (false, true) => new.push((verdict.severity, drift.psi.value.unwrap_or(0.0), drift.name.as_str())),
            // Without a verdict, a feature is not known to be back to normal.
            (true, false) if is_judged => recovered.push(drift.name.as_str()),
            _ => {}
        }
    }
    new.sort_by(|(severity_a, psi_a, _), (severity_b, psi_b, _)| {
        severity_b.cmp(severity_a).then(psi_b.total_cmp(psi_a))
    });
    let new: Vec<&str> = new.into_iter().map(|(_, _, name)| name).collect();
    let mut sentences = Vec::new();
    let (was, is) = (last.head.severity, report.verdict.severity);
    if was != is {
        let (was, is) = (language.severity_word(was), language.severity_word(is));
        sentences.push(format!("{}: {was} → {is}", language.pick("Verdict", "Verdict\u{a0}")));
    }
    if !new.is_empty() {
        sentences.push(format!(
            "{}: {}",
            language.pick("Newly drifted", "Nouvelles dérives\u{a0}"),
            list_names(&new, 3, language)
        ));
    }
    if !recovered.is_empty() {
        sentences.push(format!(
            "{}: {}",
            language.pick("Back to normal", "Retour à la normale\u{a0}"),
            list_names(&recovered, 3, language)
        ));
    }
    let refused = report.drift.score.as_ref().and_then(|score| score.refused.window);
    if let (Some(was), Some(is)) = (last.head.refused_share, refused) {
        let (was, is) = (language.percent(was), language.percent(is));
        if was != is {
            sentences.push(format!("{}: {was} → {is}", language.pick("Refusal rate", "Taux de refus\u{a0}")));
        }
    }
    let (was, is) = (last.head.rows, report.drift.n_window);
    if was != is {
        let (was, is) = (language.grouped(was), language.grouped(is));
        sentences.push(format!("{}: {was} → {is}", language.pick("Rows", "Lignes\u{a0}")));
    }
    sentences
}
