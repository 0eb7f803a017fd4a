//! Matches the stories of a window with the alerts that they continue, whatever these are called.
//!
//! From one window to the next a gap becomes an absence, a block loses a feature, a group is led by another of its features. An
//! alert therefore follows the features that it is about, and is renamed only if its name is no longer true. Alerts of
//! earlier versions, which are about one test of one feature, continue in the same way.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{Alert, Phase};
use crate::judge::{Finding, Severity, Story, Subject, Test};

/// Alerts and findings under the names that they have in common.
pub(super) struct Followed {
    /// In the same order; an alert that continues as part of another is [`Phase::Merged`].
    pub alerts: Vec<Alert>,
    pub findings: Vec<Finding>,
}

/// A story that may continue an alert: both by index.
struct Continuation {
    alert: usize,
    finding: usize,
    /// Number of features in common.
    overlap: usize,
}

/// Gives each story the alert that it continues. Alerts that have been sent come first, then those of the same name,
/// then those with most features in common; the other alerts of the story's features are merged into it.
pub(super) fn follow(mut alerts: Vec<Alert>, findings: &[Finding]) -> Followed {
    let mut findings = findings.to_vec();
    let mut pairs = continuations(&alerts, &findings);
    if pairs.is_empty() {
        return Followed { alerts, findings };
    }
    sort(&mut pairs, &alerts, &findings);
    let (mut story_of, mut alert_of) = (BTreeMap::new(), BTreeMap::new());
    for Continuation { alert, finding, .. } in &pairs {
        if !story_of.contains_key(alert) && !alert_of.contains_key(finding) {
            story_of.insert(*alert, *finding);
            alert_of.insert(*finding, *alert);
        }
    }
    let mut merged: BTreeMap<usize, Vec<Alert>> = BTreeMap::new();
    for (index, alert) in alerts.iter_mut().enumerate().filter(|(index, _)| !story_of.contains_key(index)) {
        let most = pairs.iter().filter(|pair| pair.alert == index && pair.overlap > 0);
        // The first of those with most features in common: the pairs are sorted.
        let Some(into) = most.max_by_key(|pair| (pair.overlap, Reverse(pair.finding))) else { continue };
        if let Some(into) = alert_of.get(&into.finding) {
            merged.entry(*into).or_default().push(alert.clone());
            alert.phase = Phase::Merged;
        }
    }
    let own: BTreeSet<(Subject, Test)> = findings.iter().map(|one| (one.subject.clone(), one.test)).collect();
    for (alert, finding) in story_of {
        let parts = merged.remove(&alert).unwrap_or_default();
        if let (Some(alert), Some(finding)) = (alerts.get_mut(alert), findings.get_mut(finding)) {
            continue_alert(alert, finding, parts, &own);
        }
    }
    Followed { alerts, findings }
}

fn continuations(alerts: &[Alert], findings: &[Finding]) -> Vec<Continuation> {
    let stories: Vec<(usize, &Finding, &Story)> =
        findings.iter().enumerate().filter_map(|(index, finding)| Some((index, finding, finding.story()?))).collect();
    let by_feature: BTreeMap<(&str, Test), usize> = stories
        .iter()
        .flat_map(|(index, _, story)| {
            story.members.iter().map(|member| ((member.feature.as_str(), member.kind().test()), *index))
        })
        .collect();
    let by_name: BTreeMap<(&Subject, Test), usize> =
        stories.iter().map(|(index, finding, _)| ((&finding.subject, finding.test), *index)).collect();
    let mut pairs = Vec::new();
    for (alert, state) in alerts.iter().enumerate().filter(|(_, alert)| is_alive(alert)) {
        let mut overlaps: BTreeMap<usize, usize> = BTreeMap::new();
        for (feature, test) in features(&state.finding) {
            let tests = test.map_or(vec![Test::Presence, Test::Values], |test| vec![test]);
            for finding in tests.into_iter().filter_map(|test| by_feature.get(&(feature, test))) {
                *overlaps.entry(*finding).or_default() += 1;
            }
        }
        if let Some(finding) = by_name.get(&(&state.finding.subject, state.finding.test)) {
            overlaps.entry(*finding).or_default();
        }
        pairs.extend(overlaps.into_iter().map(|(finding, overlap)| Continuation { alert, finding, overlap }));
    }
    pairs
}

fn sort(pairs: &mut [Continuation], alerts: &[Alert], findings: &[Finding]) {
    pairs.sort_by_cached_key(|Continuation { alert, finding, overlap }| {
        let name = |finding: &Finding| (finding.subject.clone(), finding.test);
        let story = findings.get(*finding).map(name);
        let state = alerts.get(*alert);
        let is_notified = state.is_some_and(|alert| alert.notified.is_some());
        let is_same = state.map(|alert| name(&alert.finding)) == story;
        let age = state.map(|alert| (alert.phase != Phase::Open, alert.since, alert.id.is_none(), alert.id));
        let called = state.map(|alert| name(&alert.finding));
        (Reverse(is_notified), Reverse(is_same), Reverse(*overlap), age, called, story)
    });
}

fn is_alive(alert: &Alert) -> bool {
    match alert.phase {
        Phase::Pending | Phase::Open | Phase::Ended => true,
        Phase::Recovered => alert.notified.is_some(),
        Phase::Merged => false,
    }
}

/// Features that a finding is about, each with the test of its story; without one, any story about the feature continues it.
fn features(finding: &Finding) -> Vec<(&str, Option<Test>)> {
    match (finding.story(), finding.subject.feature()) {
        (Some(story), _) => {
            story.members.iter().map(|member| (member.feature.as_str(), Some(member.kind().test()))).collect()
        }
        (None, Some(feature)) => vec![(feature, None)],
        (None, None) => Vec::new(),
    }
}

/// Continues an alert as that of a story, together with `parts`, the alerts that are merged into it. `own`: the names that
/// stories have by themselves.
fn continue_alert(alert: &mut Alert, finding: &mut Finding, parts: Vec<Alert>, own: &BTreeSet<(Subject, Test)>) {
    let Some(story) = finding.story() else { return };
    let former = (alert.finding.subject.clone(), alert.finding.test);
    let is_kept = former.1 == finding.test && story.fits(&former.0) && !own.contains(&former);
    let name = if is_kept { former.0.clone() } else { finding.subject.clone() };
    let notified = parts.iter().filter(|part| part.notified.is_some()).chain([&*alert]);
    let known: BTreeSet<&str> = notified.flat_map(|part| features(&part.finding)).map(|(feature, _)| feature).collect();
    let is_news =
        2 * story.members.iter().filter(|member| known.contains(member.feature.as_str())).count() < story.members.len();
    if alert.notified.is_some() && (&name, finding.test) != (&former.0, former.1) {
        alert.add_origin(former);
    }
    for part in parts {
        alert.since = alert.since.min(part.since);
        alert.streak = alert.streak.max(part.streak);
        if part.notified.is_some() {
            alert.notified_severity = alert.notified_severity.max(part.notified_severity);
            let called = (part.finding.subject, part.finding.test);
            part.origins.into_iter().chain([called]).for_each(|origin| alert.add_origin(origin));
        }
    }
    if is_news {
        // Most of the story is new to the recipients of the earlier message, and to those who work on it.
        (alert.notified_severity, alert.acknowledged) = (Severity::Stable, false);
    }
    (alert.finding.subject, alert.finding.test) = (name.clone(), finding.test);
    finding.subject = name;
}
