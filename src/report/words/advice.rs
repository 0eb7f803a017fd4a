//! Recommended next steps: what an experienced colleague would check first for each finding.

use super::{Language, values::Advice};
use crate::{
    drift::{FeatureDrift, PsiBinKind},
    judge::{
        Facts, Finding, Measure, Severity, Story, StoryKind, StoryReason, StorySide, StoryTable, Test, UnusableReason,
    },
    replay::{CausePlace, ParityCause},
    report::Report,
};

/// A next step, with a link to the relevant part of the page (`#f12` or `#service`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextStep {
    pub subject: String,
    /// Follows the subject: the source table of its features; empty if it is not known.
    pub table: String,
    pub link: String,
    pub advice: &'static str,
}

/// Returns the steps for the worst findings, one per subject, at most three.
pub(crate) fn steps(report: &Report, language: Language) -> Vec<NextStep> {
    let findings = worst_findings(report);
    if findings.is_empty() && report.verdict.severity == Severity::Stable {
        let advice = language.advice(Advice::Nothing);
        return vec![NextStep { subject: String::new(), table: String::new(), link: String::new(), advice }];
    }
    findings.iter().map(|finding| step(report, finding, language)).collect()
}

/// Returns the worst findings, one per subject, at most three.
pub(crate) fn worst_findings(report: &Report) -> Vec<Finding> {
    // Without a name, the test is the subject.
    let subject = |finding: &Finding| (finding.subject.clone(), finding.subject.is_whole().then_some(finding.test));
    let mut worst: Vec<Finding> = Vec::new();
    for finding in report.verdict.entries() {
        if worst.len() < 3 && worst.iter().all(|before| subject(before) != subject(&finding)) {
            worst.push(finding);
        }
    }
    worst
}

fn step(report: &Report, finding: &Finding, language: Language) -> NextStep {
    let place = place_of(report, finding);
    let drift = place.and_then(|place| report.drift.features.get(place));
    let advice = match finding.story() {
        Some(story) => story_advice(story, drift),
        None => advice(finding),
    };
    let table = finding.story().and_then(StoryTable::of);
    NextStep {
        subject: language.subject(finding),
        table: table.map_or(String::new(), |table| format!(" ({})", language.source_table(&table))),
        link: anchor(finding.test, place),
        advice: language.advice(advice),
    }
}

/// Returns the index of the feature that a finding is about, or that leads its story.
pub(crate) fn place_of(report: &Report, finding: &Finding) -> Option<usize> {
    let lead = finding.story().and_then(Story::lead).map(|lead| lead.feature.as_str());
    let name = lead.or(finding.subject.feature())?;
    report.drift.features.iter().position(|feature| feature.name == name)
}

/// Returns the anchor of the page section about a finding's subject.
pub(crate) fn anchor(test: Test, feature: Option<usize>) -> String {
    match (feature, test) {
        (Some(place), _) => format!("#f{place}"),
        (None, Test::Score | Test::ShareRefused) => "#score".to_owned(),
        (None, Test::Latency | Test::ErrorRate | Test::Volume | Test::ModelVersion) => "#service".to_owned(),
        (None, Test::SegmentScore | Test::Disparity) => "#segments".to_owned(),
        (None, Test::Decision | Test::Overrides) => "#decisions".to_owned(),
        (None, Test::Auc | Test::RealisedAuc | Test::Cost | Test::RealisedCost | Test::Labels) => {
            "#performance".to_owned()
        }
        (None, Test::Skew) => "#skew".to_owned(),
        (None, Test::Source | Test::NoData | Test::TooFew | Test::LeftOut | Test::Sequence) => "#quality".to_owned(),
        (None, _) => "#findings".to_owned(),
    }
}

/// Returns the advice for a story; `drift` is that of its lead. A new reference would make a fault of the pipeline the rule, so
/// only moves that may be those of the applicants lead to one.
pub(crate) fn story_advice(story: &Story, drift: Option<&FeatureDrift>) -> Advice {
    match (story.kind(), story.side) {
        (StoryKind::Absent, _) => Advice::Absent,
        (StoryKind::Gap, StorySide::Unknown) => Advice::UnclearGap,
        (StoryKind::Gap, _) => Advice::MoreMissing,
        (StoryKind::Filled, _) => Advice::LessMissing,
        (StoryKind::Unit, _) => Advice::Unit,
        (StoryKind::Sentinel, _) => Advice::Sentinel,
        (StoryKind::Atom, _) => Advice::Atom,
        (StoryKind::Constant, _) => Advice::Constant,
        (StoryKind::Spelling, _) => Advice::Respelled,
        (StoryKind::NewLevel, _) => Advice::UnseenLevels,
        (StoryKind::Merged, _) => Advice::Merged,
        (StoryKind::Stale, _) => Advice::Stale,
        (StoryKind::Repeated, _) => Advice::Repeated,
        (StoryKind::Offset, _) => Advice::SharedOffset,
        (StoryKind::Factor | StoryKind::Shift, StorySide::Pipeline) => Advice::PipelineMove,
        (StoryKind::Factor | StoryKind::Shift, StorySide::Population) => Advice::PopulationMove,
        (StoryKind::Factor | StoryKind::Shift, StorySide::Unknown) => match story.reasons.first() {
            Some(StoryReason::SharedFactor) => Advice::SharedFactor,
            Some(StoryReason::LevelGone { .. }) => Advice::LevelGone,
            _ => moved_advice(drift),
        },
    }
}

fn advice(finding: &Finding) -> Advice {
    match finding.test {
        _ if finding.facts == Facts::ScoreNotMapped => Advice::ScoreNotMapped,
        // Features are in stories.
        Test::Absent => Advice::Absent,
        Test::Dead => Advice::Dead,
        Test::Constant => Advice::Constant,
        Test::LeftOut if is_percentage(&finding.facts) => Advice::Percentage,
        Test::LeftOut => Advice::LeftOut,
        Test::Measure(Measure::Missing) | Test::Presence => Advice::MissingChanged,
        Test::Measure(Measure::Unseen) => Advice::UnseenLevels,
        Test::Measure(_) | Test::Values => Advice::UnclearMove,
        Test::ShareRefused => Advice::RefusalRate,
        Test::Score => Advice::Score,
        Test::Latency => Advice::Latency,
        Test::ErrorRate => Advice::ErrorRate,
        Test::ModelVersion => Advice::ModelVersion,
        Test::NoData => Advice::NoData,
        Test::TooFew => Advice::TooFew,
        Test::Source => Advice::Source,
        Test::Labels => Advice::Labels,
        Test::Parity => match cause_place(&finding.facts) {
            Some(CausePlace::Inputs) => Advice::ParityInputs,
            Some(CausePlace::Reading) => Advice::ParityReading,
            Some(CausePlace::Model) | None => Advice::Parity,
        },
        Test::Skew if matches!(finding.facts, Facts::LeftOut(_)) => Advice::FeatureTable,
        Test::Skew => Advice::Skew,
        Test::Sequence => Advice::Sequence,
        Test::RunFailed => Advice::RunFailed,
        Test::Volume => Advice::Volume,
        Test::StaleReference => Advice::StaleReference,
        Test::Registry => Advice::Registry,
        Test::Stale => Advice::Stale,
        Test::Auc | Test::RealisedAuc => Advice::Auc,
        Test::SegmentScore => Advice::SegmentScore,
        Test::Disparity => Advice::Disparity,
        Test::Decision if matches!(finding.facts, Facts::UnknownDecisions { .. }) => Advice::DecisionWords,
        Test::Decision => Advice::Decision,
        Test::Overrides => Advice::Overrides,
        Test::Cost | Test::RealisedCost => Advice::Cost,
    }
}

/// Where the cause of differing scores is, if it is known.
pub(super) fn cause_place(facts: &Facts) -> Option<CausePlace> {
    match facts {
        Facts::Parity { cause, .. } => cause.as_ref().map(ParityCause::place),
        _ => None,
    }
}

fn is_percentage(facts: &Facts) -> bool {
    matches!(facts, Facts::RowsLeftOut { reason: UnusableReason::Percentage, .. })
}

/// Advice for values that moved for an unknown reason, by the kind of the bin that contributes most.
fn moved_advice(drift: Option<&FeatureDrift>) -> Advice {
    let most = drift.and_then(|drift| drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)));
    match most.map(|bin| bin.kind) {
        Some(PsiBinKind::Above | PsiBinKind::Below) => Advice::OutOfRange,
        Some(PsiBinKind::Missing) => Advice::MissingChanged,
        Some(PsiBinKind::Unseen) => Advice::UnseenLevels,
        _ => Advice::UnclearMove,
    }
}
