//! Sentences about the whole run: the verdict, since when, what changed.

use std::collections::BTreeSet;

use vigie_profile::{shown::shown, window::Instant};

use super::{Language, reasons, way::way};
use crate::{
    judge::{Finding, Severity, Test},
    report::{
        Context, Report,
        document::{Feature, Point},
    },
};

/// The verdict in one sentence, as it stands in JSON and in the terminal.
#[must_use]
pub fn verdict_sentence(report: &Report) -> String {
    // Pages alone keep a number and its unit on one line.
    verdict_in(report, Language::English).replace('\u{a0}', " ")
}

/// The verdict in the language of the page.
#[must_use]
pub fn verdict_in(report: &Report, language: Language) -> String {
    let rows = grouped(report.drift.n_window);
    let features = report.drift.features.len();
    let what = || {
        let mut said: Vec<String> = moved(report, language).into_iter().collect();
        // What is worst comes first.
        let is_second = report.verdict.findings.first().is_some_and(|finding| finding.feature.is_none());
        let place = if is_second { 0 } else { said.len() };
        said.splice(place..place, elsewhere(report, language));
        said.join(language.pick("; ", " ; "))
    };
    let needed = grouped(report.policy.min_rows);
    match (language, report.verdict.severity) {
        (Language::English, Severity::Stable) => {
            format!("Stable: {rows} rows look like the reference in all {features} features.")
        }
        (Language::English, Severity::Watch) => format!("Watch: {}.", what()),
        (Language::English, Severity::Alarm) => format!("Alarm: {}.", what()),
        (Language::English, Severity::TooFew) => {
            format!("Too few rows for a verdict: {rows} used, {needed} needed.")
        }
        (Language::English, Severity::NoData) => "No data: no record in this window.".to_owned(),
        (Language::French, Severity::Stable) => {
            format!("Stable : {rows} lignes ressemblent à la référence, pour les {features} variables.")
        }
        (Language::French, Severity::Watch) => format!("À surveiller : {}.", what()),
        (Language::French, Severity::Alarm) => format!("Alarme : {}.", what()),
        (Language::French, Severity::TooFew) => {
            format!("Trop peu de lignes pour un verdict : {rows} utilisées, {needed} nécessaires.")
        }
        (Language::French, Severity::NoData) => "Pas de données : aucun enregistrement dans cette fenêtre.".to_owned(),
    }
}

/// The feature that moved worst, which way, and how many others did, two of them by name.
fn moved(report: &Report, language: Language) -> Option<String> {
    let features = report.drift.features.len();
    let drifted = report.verdict.features.iter().filter(|feature| feature.severity.is_drift()).count();
    let mut seen = BTreeSet::new();
    let about = report.verdict.findings.iter().filter_map(|finding| Some((finding.feature.as_deref()?, finding)));
    let named: Vec<(&str, &Finding)> = about.filter(|(name, _)| seen.insert(*name)).collect();
    let (&(worst, finding), others) = named.split_first()?;
    let drift = report.drift.features.iter().find(|feature| feature.name == worst)?;
    let which = format!("{} {}", shown(worst), way(finding, drift, language));
    let others: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    let too = if others.is_empty() { String::new() } else { format!(" ({})", also(&others, language)) };
    let noun = if features == 1 { "feature" } else { "features" };
    let count = match language {
        Language::English => format!("{drifted} of {features} {noun} moved{too}"),
        Language::French if drifted == 1 => format!("1 variable sur {features} a bougé"),
        Language::French => format!("{drifted} variables sur {features} ont bougé{too}"),
    };
    Some(format!("{which}{}{count}", language.pick("; ", " ; ")))
}

/// The others, two of them by name.
fn also(others: &[&str], language: Language) -> String {
    format!("{} {}", language.pick("also", "aussi"), some(others, 2, language))
}

/// At most `most` names, and how many more there are.
fn some(names: &[&str], most: usize, language: Language) -> String {
    let listed = names.iter().take(most).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => listed,
        more => format!("{listed} {} {more} {}", language.pick("and", "et"), language.pick("more", "de plus")),
    }
}

/// What else was found, about the score and the service, one clause each.
fn elsewhere(report: &Report, language: Language) -> Vec<String> {
    let findings = report.verdict.findings.iter().filter(|finding| finding.feature.is_none());
    let clause = |finding: &Finding| {
        let reason = reasons::reason(report, finding, language);
        let clause = reason.split("; ").next().unwrap_or_default().trim_end();
        // What was left out by name; why is long, and stands below.
        let opening = language.pick("left out: ", "laissé de côté : ");
        let name = clause.strip_prefix(opening).and_then(|what| what.split(": ").next());
        name.map_or(clause.to_owned(), |name| format!("{opening}{name}"))
    };
    findings.take(3).map(clause).collect()
}

/// Since when the worst thing is as it is, from the windows before.
pub(crate) fn since(report: &Report, context: &Context) -> String {
    let language = context.language;
    let past = &context.past;
    let Some(last) = past.last() else {
        return language
            .pick(
                "No earlier report of this model is at hand, so this page cannot tell.",
                "Aucun rapport antérieur de ce modèle : cette page ne peut pas le dire.",
            )
            .to_owned();
    };
    let severity = report.verdict.severity;
    let alike = |point: &&Point| match worst_feature(report) {
        Some((place, name)) => point.feature(place, name).is_some_and(|Feature(_, _, severity)| severity.is_drift()),
        None => point.head.severity == severity,
    };
    let streak: Vec<&Point> = past.iter().rev().take_while(alike).collect();
    let subject = worst_feature(report).map(|(_, name)| shown(name));
    let before = past.len();
    match (streak.last(), language) {
        (None, Language::English) if severity == Severity::Stable => {
            format!("Stable again: the window before was {}.", language.severity_word(last.head.severity))
        }
        (None, Language::French) if severity == Severity::Stable => {
            format!(
                "De nouveau stable : la fenêtre précédente était « {} ».",
                language.severity_word(last.head.severity)
            )
        }
        (None, Language::English) => {
            let windows = if before == 1 { "window".to_owned() } else { format!("{before} windows") };
            let day = day(report.examined.window.from);
            match subject {
                Some(name) => format!("New in this window ({day}): {name} had not moved in the {windows} before."),
                None => format!("New in this window ({day}): the {windows} before had another verdict."),
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
                Some(name) => format!("Nouveau dans cette fenêtre ({day}) : {name} n’avait pas bougé dans {windows}."),
                None => format!("Nouveau dans cette fenêtre ({day}) : le verdict était autre dans {windows}."),
            }
        }
        (Some(first), Language::English) => {
            let since = day(first.head.window.from);
            let windows = streak.len() + 1;
            if severity == Severity::Stable {
                format!("Stable since {since} at least: {windows} windows in a row.")
            } else {
                let what = subject.unwrap_or_else(|| "the same verdict".to_owned());
                format!("Since {since}: {what}, {windows} windows in a row.")
            }
        }
        (Some(first), Language::French) => {
            let since = day(first.head.window.from);
            let windows = streak.len() + 1;
            if severity == Severity::Stable {
                format!("Stable au moins depuis le {since} : {windows} fenêtres de suite.")
            } else {
                let what = subject.unwrap_or_else(|| "le même verdict".to_owned());
                format!("Depuis le {since} : {what}, {windows} fenêtres de suite.")
            }
        }
    }
}

/// The feature of the worst finding, if that is about one.
fn worst_feature(report: &Report) -> Option<(usize, &str)> {
    let named = report.verdict.findings.iter().filter(|finding| finding.test != Test::ShareRefused);
    let name = named.map(|finding| finding.feature.as_deref()).next()??;
    let place = report.drift.features.iter().position(|feature| feature.name == name)?;
    Some((place, name))
}

/// What is otherwise than in the window before, one sentence each.
pub(crate) fn changes(report: &Report, context: &Context) -> Vec<String> {
    let language = context.language;
    let Some(last) = context.past.last() else { return Vec::new() };
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    let is_judged = !matches!(report.verdict.severity, Severity::TooFew | Severity::NoData);
    for (place, (drift, verdict)) in report.drift.features.iter().zip(&report.verdict.features).enumerate() {
        let was = last.feature(place, &drift.name).is_some_and(|feature| feature.2.is_drift());
        match (was, verdict.severity.is_drift()) {
            (false, true) => new.push((verdict.severity, drift.psi.value.unwrap_or(0.0), drift.name.as_str())),
            // Without a verdict nothing is known to be as before.
            (true, false) if is_judged => gone.push(drift.name.as_str()),
            _ => {}
        }
    }
    new.sort_by(|(severity_a, psi_a, _), (severity_b, psi_b, _)| {
        severity_b.cmp(severity_a).then(psi_b.total_cmp(psi_a))
    });
    let new: Vec<&str> = new.into_iter().map(|(_, _, name)| name).collect();
    let mut said = Vec::new();
    let (was, is) = (last.head.severity, report.verdict.severity);
    if was != is {
        let (was, is) = (language.severity_word(was), language.severity_word(is));
        said.push(format!("{}: {was} → {is}", language.pick("Verdict", "Verdict ")));
    }
    if !new.is_empty() {
        said.push(format!("{}: {}", language.pick("Newly moved", "Nouvelles dérives "), some(&new, 3, language)));
    }
    if !gone.is_empty() {
        said.push(format!("{}: {}", language.pick("Back to normal", "Retour à la normale "), some(&gone, 3, language)));
    }
    let refused = report.drift.score.as_ref().and_then(|score| score.refused.window);
    if let (Some(was), Some(is)) = (last.head.refused_share, refused) {
        let (was, is) = (language.percent(was), language.percent(is));
        if was != is {
            said.push(format!("{}: {was} → {is}", language.pick("Share refused", "Part refusée ")));
        }
    }
    said.push(format!(
        "{}: {} → {}",
        language.pick("Rows", "Lignes "),
        grouped(last.head.rows),
        grouped(report.drift.n_window)
    ));
    said
}

/// The date, and the time where it is not midnight in UTC.
pub(crate) fn day(at: Instant) -> String {
    let text = minute(at);
    text.strip_suffix(" 00:00").map_or(text.clone(), ToOwned::to_owned)
}

/// `2026-10-01 00:00`, seconds only where there are some.
pub(crate) fn minute(at: Instant) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}

/// 1234567 → 1 234 567 (narrow spaces).
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
