//! What a report gives alerts to decide on: stories and other findings, without what is ignored or muted.

use std::collections::BTreeSet;

use vigie_profile::window::Instant;

use super::{Alert, Mute, is_muted};
use crate::{
    judge::{Finding, Story, StoryKind, Subject, Test, Verdict},
    report::Report,
};

/// Returns the findings of a report for alerts. Tests that `ignore` selects do not count in stories; nor do muted features, unless
/// all of a story's features are muted: then the alert stays as it is until the mute ends.
#[must_use]
pub fn alert_entries(report: &Report, ignore: impl Fn(Test) -> bool, mutes: &[Mute], now: Instant) -> Vec<Finding> {
    let model = report.run.model.name.as_str();
    let of_feature = |finding: &Finding| finding.subject.feature().is_some();
    let judged = without(report, &report.verdict, &|finding| of_feature(finding) && ignore(finding.test));
    let audible = without(report, &judged, &|finding| of_feature(finding) && is_muted(mutes, model, finding, now));
    let is_audible = |story: &&Story| {
        let mut alike = audible.stories.iter().filter(|one| one.kind().test() == story.kind().test());
        alike.any(|one| story.members.iter().any(|member| one.has(&member.feature)))
    };
    let silent = judged.stories.iter().filter(|story| !is_audible(story));
    let silent: Vec<Finding> = silent.filter_map(|story| judged.entry(story)).collect();
    audible.entries().into_iter().chain(silent).collect()
}

/// Returns the findings of a report that are muted, by subject and test: those of muted features, and those of the features of
/// muted stories, under the name that they have in the report or as an alert.
#[must_use]
pub fn muted_findings(report: &Report, alerts: &[Alert], mutes: &[Mute], now: Instant) -> BTreeSet<(Subject, Test)> {
    let model = report.run.model.name.as_str();
    let verdict = &report.verdict;
    let stories = verdict.stories.iter().filter_map(|story| verdict.entry(story));
    let alerts = alerts.iter().map(|alert| alert.finding.clone());
    let silent: BTreeSet<String> = stories
        .chain(alerts)
        .filter(|finding| is_muted(mutes, model, finding, now))
        .filter_map(|finding| {
            Some(finding.story()?.members.iter().map(|member| member.feature.clone()).collect::<Vec<_>>())
        })
        .flatten()
        .collect();
    let is_of_muted = |finding: &Finding| finding.subject.feature().is_some_and(|name| silent.contains(name));
    let left_out = verdict.findings.iter().filter(|one| is_of_muted(one) || is_muted(mutes, model, one, now));
    let mut found: BTreeSet<(Subject, Test)> =
        left_out.map(|finding| (finding.subject.clone(), finding.test)).collect();
    // The findings behind stories of old values have no name of their own.
    let stale = || verdict.stories.iter().filter(|story| story.kind() == StoryKind::Stale);
    let is_silent = |story: &Story| verdict.entry(story).is_some_and(|entry| is_muted(mutes, model, &entry, now));
    if stale().next().is_some() && stale().all(is_silent) {
        found.insert((Subject::Run, Test::Stale));
    }
    found
}

fn without(report: &Report, verdict: &Verdict, is_left_out: &dyn Fn(&Finding) -> bool) -> Verdict {
    verdict.without(&report.drift, &report.importance, &report.policy, is_left_out)
}
