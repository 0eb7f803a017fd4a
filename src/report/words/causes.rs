//! Pipeline or population: what caused the worst findings.

use super::{
    Language,
    advice::{cause_place, worst_findings},
    values::Cause,
};
use crate::{
    judge::{DecisionCause, Facts, Finding, Severity, StorySide, Test},
    replay::CausePlace,
    report::Report,
};

/// What caused a finding, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CauseLine {
    /// Empty if there is only one line.
    pub subject: String,
    /// Pipeline, population, or unknown.
    pub side: &'static str,
    pub reasons: String,
}

/// Returns the causes of the findings that the next steps are about. What follows from another finding, such as the refusal rate,
/// has a cause of its own only if there is no other.
pub(crate) fn causes(report: &Report, language: Language) -> Vec<CauseLine> {
    let worst = worst_findings(report);
    let mut lines: Vec<CauseLine> = Vec::new();
    for finding in &worst {
        if let Some(line) = line(finding, language)
            && lines.iter().all(|before| (before.side, &before.reasons) != (line.side, &line.reasons))
        {
            lines.push(line);
        }
    }
    if let [only] = lines.as_mut_slice() {
        only.subject = String::new();
    }
    let is_unexplained = lines.is_empty() && worst.iter().any(|finding| finding.severity.is_drift());
    if is_unexplained { vec![of_cause(Cause::Unexplained, String::new(), language)] } else { lines }
}

fn line(finding: &Finding, language: Language) -> Option<CauseLine> {
    let subject = language.subject(finding);
    match finding.story() {
        Some(story) => Some(CauseLine { subject, side: side(story.side, language), reasons: language.reasons(story) }),
        None => Some(of_cause(cause(finding)?, subject, language)),
    }
}

fn of_cause(cause: Cause, subject: String, language: Language) -> CauseLine {
    CauseLine { subject, side: side(cause.side(), language), reasons: language.cause(cause).to_owned() }
}

fn side(side: StorySide, language: Language) -> &'static str {
    let labels = language.labels();
    match side {
        StorySide::Pipeline => labels.side_pipeline,
        StorySide::Population => labels.side_population,
        StorySide::Unknown => labels.side_unknown,
    }
}

/// The cause of a finding that is not a story; `None` if it follows from others.
fn cause(finding: &Finding) -> Option<Cause> {
    if finding.severity == Severity::Stable {
        return None;
    }
    match finding.test {
        Test::Decision => Some(match &finding.facts {
            Facts::Decision(found) if found.cause == DecisionCause::Overrides => Cause::Overrides,
            Facts::UnknownDecisions { .. } => Cause::Log,
            _ => Cause::Decisions,
        }),
        Test::Overrides => Some(Cause::Overrides),
        Test::LeftOut | Test::Sequence | Test::Source | Test::NoData | Test::Labels => Some(Cause::Log),
        Test::Latency | Test::ErrorRate => Some(Cause::Service),
        Test::ModelVersion => Some(Cause::Model),
        Test::Parity => Some(match cause_place(&finding.facts) {
            Some(CausePlace::Inputs) => Cause::ScoredInputs,
            Some(CausePlace::Reading) => Cause::ModelReading,
            Some(CausePlace::Model) | None => Cause::Model,
        }),
        Test::Skew => Some(match &finding.facts {
            Facts::LeftOut(_) => Cause::FeatureTable,
            _ => Cause::Skew,
        }),
        Test::Volume => Some(Cause::Volume),
        Test::ShareRefused
        | Test::Score
        | Test::Cost
        | Test::RealisedCost
        | Test::Auc
        | Test::RealisedAuc
        | Test::SegmentScore
        | Test::Disparity
        | Test::TooFew
        | Test::RunFailed
        | Test::StaleReference
        | Test::Registry
        // Features are in stories.
        | Test::Measure(_)
        | Test::Absent
        | Test::Dead
        | Test::Constant
        | Test::Stale
        | Test::Presence
        | Test::Values => None,
    }
}
