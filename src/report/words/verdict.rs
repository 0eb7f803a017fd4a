//! Sentences about the whole run: the verdict, its history, and changes since the last window.

use vigie_profile::shown::shown;

use super::{Language, format::day};
use crate::{
    judge::{Severity, Test},
    report::{
        Context, Report,
        document::{FeaturePoint, TrendPoint},
    },
};

/// Returns the verdict in one sentence, as used in JSON and the terminal.
#[must_use]
pub fn verdict_sentence(report: &Report) -> String {
    verdict_in(report, Language::English)
}

/// Returns the verdict in one sentence, in the given language.
#[must_use]
pub fn verdict_in(report: &Report, language: Language) -> String {
    language.headline(&report.headline()).unwrap_or_default()
}

/// Lists at most `most` names, and the number of further ones.
fn list_names(names: &[&str], most: usize, language: Language) -> String {
    let listed = names.iter().take(most).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => listed,
        more => format!("{listed} {} {more} {}", language.pick("and", "et"), language.pick("more", "autres")),
    }
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

/// Returns the feature of the worst finding, if it is about a feature. Segments are a part of the rows and do not count.
fn worst_feature(report: &Report) -> Option<(usize, &str)> {
    let mut findings = report.verdict.findings.iter();
    let worst = findings.find(|finding| finding.test != Test::ShareRefused && finding.subject.segment().is_none())?;
    let name = worst.subject.feature()?;
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
