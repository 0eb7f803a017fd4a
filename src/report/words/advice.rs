//! Recommended next steps: what an experienced colleague would check first for each finding.

use super::{Language, values::Advice};
use crate::{
    drift::{FeatureDrift, PsiBinKind},
    judge::{Facts, Finding, Measure, Severity, Test},
    report::Report,
};

/// A next step, with a link to the relevant part of the page (`#f12` or `#service`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextStep {
    pub subject: String,
    pub link: String,
    pub advice: &'static str,
}

/// Returns the steps for the worst findings, one per subject, at most three.
pub(crate) fn steps(report: &Report, language: Language) -> Vec<NextStep> {
    let findings = &report.verdict.findings;
    if findings.is_empty() && report.verdict.severity == Severity::Stable {
        let advice = language.advice(Advice::Nothing);
        return vec![NextStep { subject: String::new(), link: String::new(), advice }];
    }
    // Without a name, the test is the subject.
    let subject = |finding: &Finding| (finding.subject.clone(), finding.subject.is_whole().then_some(finding.test));
    let is_first = |(number, finding): &(usize, &Finding)| {
        findings.iter().take(*number).all(|before| subject(before) != subject(finding))
    };
    let worst = findings.iter().enumerate().filter(is_first).take(3);
    worst.map(|(_, finding)| step(report, finding, language)).collect()
}

fn step(report: &Report, finding: &Finding, language: Language) -> NextStep {
    let name = finding.subject.feature();
    let place = name.and_then(|name| report.drift.features.iter().position(|feature| feature.name == name));
    let drift = place.and_then(|place| report.drift.features.get(place));
    NextStep {
        subject: language.subject(finding),
        link: anchor(finding.test, place),
        advice: language.advice(advice(finding, drift)),
    }
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
        (None, Test::Source | Test::NoData | Test::TooFew | Test::LeftOut) => "#quality".to_owned(),
        (None, _) => "#findings".to_owned(),
    }
}

fn advice(finding: &Finding, drift: Option<&FeatureDrift>) -> Advice {
    let has_more_missing = finding.value.is_some_and(|change| change > 0.0);
    match finding.test {
        _ if finding.facts == Facts::ScoreNotMapped => Advice::ScoreNotMapped,
        Test::Measure(Measure::Missing) if has_more_missing => Advice::MoreMissing,
        Test::Measure(Measure::Missing) => Advice::LessMissing,
        Test::Measure(Measure::Unseen) => Advice::UnseenLevels,
        Test::Measure(_) => values_advice(drift),
        Test::Absent => Advice::Absent,
        Test::Dead => Advice::Dead,
        Test::Constant => Advice::Constant,
        Test::LeftOut => Advice::LeftOut,
        Test::ShareRefused => Advice::RefusalRate,
        Test::Score => Advice::Score,
        Test::Latency => Advice::Latency,
        Test::ErrorRate => Advice::ErrorRate,
        Test::ModelVersion => Advice::ModelVersion,
        Test::NoData => Advice::NoData,
        Test::TooFew => Advice::TooFew,
        Test::Source => Advice::Source,
        Test::Labels => Advice::Labels,
        Test::Parity => Advice::Parity,
        Test::RunFailed => Advice::RunFailed,
        Test::Volume => Advice::Volume,
        Test::StaleReference => Advice::StaleReference,
        Test::Auc | Test::RealisedAuc => Advice::Auc,
        Test::SegmentScore => Advice::SegmentScore,
        Test::Disparity => Advice::Disparity,
        Test::Decision if matches!(finding.facts, Facts::UnknownDecisions { .. }) => Advice::DecisionWords,
        Test::Decision => Advice::Decision,
        Test::Overrides => Advice::Overrides,
        Test::Cost | Test::RealisedCost => Advice::Cost,
    }
}

/// Advice for drifted values, by the kind of the bin that contributes most.
fn values_advice(drift: Option<&FeatureDrift>) -> Advice {
    let most = drift.and_then(|drift| drift.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)));
    match most.map(|bin| bin.kind) {
        Some(PsiBinKind::Above | PsiBinKind::Below) => Advice::OutOfRange,
        Some(PsiBinKind::Missing) => Advice::MissingChanged,
        Some(PsiBinKind::Unseen) => Advice::UnseenLevels,
        _ => Advice::Values,
    }
}
