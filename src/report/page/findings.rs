//! List of findings: the stories, and what is about the run, the score and segments.

use vigie_profile::shown::{harmless, shown};
use vigie_stats::BinRole;

use super::baseline::pace;
use crate::{
    judge::{Direction, Facts, Finding, Severity, Story, StoryKind, Subject, Test},
    report::{
        Report,
        words::{
            Language,
            advice::{anchor, place_of},
        },
    },
};

/// A finding, as text.
pub(crate) struct FindingLine {
    pub severity: Severity,
    /// Subject, shown as a link.
    pub subject: String,
    pub anchor: String,
    /// Sentences that follow the subject.
    pub reason: String,
    /// What the feature is, if it is a single one, by the data dictionary; empty otherwise.
    pub about: String,
    /// Further findings about the same feature, one sentence each.
    pub beneath: Vec<String>,
    /// The first features of a group.
    pub members: Vec<MemberLink>,
    /// Number of further features, in words; empty if there are none.
    pub more_members: String,
}

/// A feature of a group, as a link to its details.
pub(crate) struct MemberLink {
    pub name: String,
    pub link: String,
    /// What the feature is, by the data dictionary; empty without one.
    pub about: String,
}

/// Maximum number of a group's features that are listed; all of them are in the list of features.
const MAX_MEMBERS: usize = 12;

/// Returns the direction of a single feature's drift, which a distance does not show. Rows without a value or out of range say
/// more about themselves than a median does.
fn direction(report: &Report, finding: &Finding) -> Option<Direction> {
    let is_distance = matches!(finding.measured(), Test::Measure(measure) if measure.is_distance());
    let is_special = match finding.strongest().as_ref().map_or(&finding.facts, |strongest| &strongest.facts) {
        Facts::Psi { largest_bin: Some(bin), .. } => bin.kind.role() == BinRole::Special,
        _ => false,
    };
    let name = finding.subject.feature().filter(|_| is_distance && !is_special)?;
    Direction::central(report.drift.features.iter().find(|drift| drift.name == name)?)
}

/// Returns what a finding about drift is limited to, if many rows are left out; empty otherwise.
fn limited(report: &Report, finding: &Finding, language: Language) -> String {
    let is_drift = matches!(finding.subject, Subject::Feature(_) | Subject::Group(_) | Subject::Score);
    if is_drift && report.verdict.is_of_selection() {
        return format!(" ({})", language.labels().among_usable_rows);
    }
    String::new()
}

/// Returns the entries about the window, worst first.
pub(crate) fn findings(report: &Report, language: Language) -> Vec<FindingLine> {
    let entries = report.verdict.entries();
    entries.iter().map(|finding| line(report, finding, language)).collect()
}

fn line(report: &Report, finding: &Finding, language: Language) -> FindingLine {
    let direction = direction(report, finding);
    let story = finding.story();
    // A group is as new as the feature that leads it; old values move none.
    let lead = story.filter(|story| story.kind() != StoryKind::Stale).and_then(Story::lead);
    let subject = lead.map_or_else(|| finding.subject.clone(), |lead| Subject::Feature(lead.feature.clone()));
    let pace = pace(report, &subject, language).map_or(String::new(), |pace| format!(" {pace}"));
    let further = story.map(|story| report.verdict.further_findings(story)).unwrap_or_default();
    let members = story.filter(|_| matches!(finding.subject, Subject::Group(_))).map(|story| members(report, story));
    let members = members.unwrap_or_default();
    let more = story.map_or(0, |story| story.members.len()).saturating_sub(members.len());
    FindingLine {
        severity: finding.severity,
        anchor: anchor(finding.test, place_of(report, finding)),
        subject: language.subject(finding),
        reason: format!(
            "{}{}{pace}",
            limited(report, finding, language),
            language.sentences_after_subject(finding, direction.as_ref())
        ),
        about: finding.subject.feature().map_or(String::new(), |name| about(report, place(report, name))),
        beneath: further.into_iter().map(|finding| format!("{}.", language.statement(finding))).collect(),
        more_members: if members.is_empty() || more == 0 { String::new() } else { language.and_more(more) },
        members,
    }
}

fn members(report: &Report, story: &Story) -> Vec<MemberLink> {
    let listed = story.members.iter().take(MAX_MEMBERS);
    let link = |name: &String| {
        let place = place(report, name);
        MemberLink {
            name: shown(name),
            link: place.map_or(String::new(), |place| format!("#f{place}")),
            about: about(report, place),
        }
    };
    listed.map(|member| link(&member.feature)).collect()
}

fn place(report: &Report, name: &str) -> Option<usize> {
    report.drift.features.iter().position(|feature| feature.name == name)
}

/// What a feature is, by the data dictionary; empty without one.
fn about(report: &Report, place: Option<usize>) -> String {
    let described = place.and_then(|place| report.description(place));
    described.map_or(String::new(), |described| harmless(&described.sentence))
}
