//! Sentences about the whole run: the verdict, its history, and changes since the last window.

use super::{
    Language,
    advice::place_of,
    values::{Lasted, ShortHeadline, Since},
};
use crate::{
    judge::{Facts, Finding, Severity, StoryKind, Test, percentage},
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

/// Returns the verdict short enough for two lines, and what else it says.
pub(crate) fn short_verdict(report: &Report, language: Language) -> ShortHeadline {
    let whole = || ShortHeadline::whole(verdict_in(report, language));
    language.short_headline(&report.headline()).unwrap_or_else(whole)
}

/// Lists three names, or of more the first and the number of the others.
fn list_names(names: &[&str], language: Language) -> String {
    let first = if names.len() > 3 { 1 } else { names.len() };
    let listed: Vec<String> = names.iter().take(first).map(|name| (*name).to_owned()).collect();
    language.names(&listed, names.len() - listed.len())
}

/// States for how long the worst finding or the verdict has lasted.
pub(crate) fn since(report: &Report, context: &Context) -> String {
    context.language.since(&lasting(report, context))
}

fn lasting(report: &Report, context: &Context) -> Since {
    let (past, severity, from) = (&context.past, report.verdict.severity, report.examined.window.from);
    if report.dated_window().is_none() {
        return Since::WithoutTimes;
    }
    if report.tables.is_some() {
        let onsets = report.verdict.findings.iter().filter_map(|finding| finding.story()?.onset);
        return Since::InTable { begin: onsets.map(|onset| onset.at).min() };
    }
    let worst = worst(report);
    let begin = worst.as_ref().and_then(|worst| worst.story()?.onset).map(|onset| onset.at);
    let Some(last) = past.last() else {
        return Since::First { begin, latest: severity.is_drift().then_some(from) };
    };
    let is_same = |point: &&TrendPoint| match &worst {
        Some(worst) => had(point, report, worst),
        None => point.head.severity == severity,
    };
    let streak: Vec<&TrendPoint> = past.iter().rev().take_while(is_same).collect();
    let what = match &worst {
        Some(worst) if worst.story().is_some() => Lasted::Drift(context.language.subject(worst)),
        Some(_) => Lasted::Finding,
        None => Lasted::Verdict,
    };
    let windows = streak.len() + 1;
    match streak.last() {
        None if severity == Severity::Stable => Since::StableAgain { was: last.head.severity },
        None => Since::New { what, from, begin, windows: past.len() },
        Some(first) if severity == Severity::Stable => Since::Stable { from: first.head.window.from, windows },
        Some(first) => Since::Lasting { what, from: first.head.window.from, windows },
    }
}

/// Returns the worst finding whose cause may have lasted: the refusal rate follows from others, and segments are a part of the
/// rows.
fn worst(report: &Report) -> Option<Finding> {
    let entries = report.verdict.entries();
    entries.into_iter().find(|one| one.test != Test::ShareRefused && one.subject.segment().is_none())
}

/// Returns whether an earlier window had the same finding.
fn had(point: &TrendPoint, report: &Report, finding: &Finding) -> bool {
    let lead = finding.story().and_then(|story| Some((story, story.lead()?.feature.as_str())));
    match (lead, finding.strongest().map(|strongest| strongest.facts)) {
        // Old values move no distribution; the finding itself knows since when they are.
        (Some((story, _)), Some(Facts::Stale { since, .. })) if story.kind() == StoryKind::Stale => {
            point.head.window.from >= since
        }
        (Some((_, lead)), _) => place_of(report, finding)
            .and_then(|place| point.feature(place, lead))
            .is_some_and(|FeaturePoint(_, _, severity)| severity.is_drift()),
        (None, _) => {
            let was = point.head.severities.get(&finding.test.reported());
            was.is_some_and(|was| *was != Severity::Stable)
        }
    }
}

/// Returns the changes since the previous window, one sentence each.
pub(crate) fn changes(report: &Report, context: &Context) -> Vec<String> {
    let language = context.language;
    let Some(last) = context.past.last() else { return Vec::new() };
    let (mut new, mut recovered) = (Vec::new(), Vec::new());
    let is_judged = report.verdict.has_verdict();
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
    let labels = language.labels();
    let mut sentences = Vec::new();
    let mut state = |label: &str, change: String| sentences.push(format!("{label}{} {change}", language.colon()));
    let (was, is) = (last.head.severity, report.verdict.severity);
    if was != is {
        state(labels.verdict, format!("{} → {}", language.severity_word(was), language.severity_word(is)));
    }
    if !new.is_empty() {
        state(labels.newly_drifted, list_names(&new, language));
    }
    if !recovered.is_empty() {
        state(labels.back_to_normal, list_names(&recovered, language));
    }
    let refused = report.drift.score.as_ref().and_then(|score| score.refused.window);
    if let (Some(was), Some(is)) = (last.head.refused_share, refused)
        && percentage(was) != percentage(is)
    {
        state(labels.share_refused, format!("{} → {}", language.percent(was), language.percent(is)));
    }
    let (was, is) = (last.head.rows, report.drift.n_window);
    if was != is {
        state(labels.rows_counted, format!("{} → {}", language.grouped(was), language.grouped(is)));
    }
    sentences
}
