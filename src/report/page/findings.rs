//! List of findings.

use crate::{
    judge::{Direction, Finding, Severity, Subject, Test},
    report::{
        Report,
        words::{Language, advice::anchor},
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
}

/// Returns the direction of a feature's drift, which a distance does not show.
fn direction(report: &Report, finding: &Finding) -> Option<Direction> {
    let is_distance = matches!(finding.test, Test::Measure(measure) if measure.is_distance());
    let name = finding.subject.feature().filter(|_| is_distance)?;
    Direction::central(report.drift.features.iter().find(|drift| drift.name == name)?)
}

/// Returns what a finding about drift is limited to, if many rows are left out; empty otherwise.
fn limited(report: &Report, finding: &Finding, language: Language) -> String {
    let is_drift = matches!(finding.subject, Subject::Feature(_) | Subject::Score);
    if is_drift && report.verdict.is_of_selection() {
        return format!(" ({})", language.labels().among_usable_rows);
    }
    String::new()
}

/// Returns the findings in the order of the verdict, worst first.
pub(crate) fn findings(report: &Report, language: Language) -> Vec<FindingLine> {
    let place = |name: &str| report.drift.features.iter().position(|feature| feature.name == name);
    let findings = &report.verdict.findings;
    findings
        .iter()
        .enumerate()
        .map(|(number, finding)| {
            let is_first = findings.iter().take(number).all(|before| before.subject != finding.subject);
            let direction = direction(report, finding).filter(|_| is_first);
            FindingLine {
                severity: finding.severity,
                anchor: anchor(finding.test, finding.subject.feature().and_then(place)),
                subject: language.subject(finding),
                reason: format!(
                    "{}{}",
                    limited(report, finding, language),
                    language.sentences_after_subject(finding, direction.as_ref())
                ),
            }
        })
        .collect()
}
