//! List of findings.

use vigie_profile::shown::shown;

use crate::{
    judge::{Finding, Severity, Test},
    report::{
        Report,
        words::{Language, advice::anchor, direction::central_shift, reasons::reason},
    },
};

/// A finding, as text.
pub(crate) struct FindingLine {
    pub severity: Severity,
    /// Subject, shown as a link.
    pub subject: String,
    pub anchor: String,
    /// Sentence that follows the subject.
    pub reason: String,
}

/// Returns the direction of a feature's drift, which a distance does not show.
fn direction(report: &Report, finding: &Finding, language: Language) -> Option<String> {
    let is_distance = matches!(finding.test, Test::Psi | Test::Ks);
    let name = finding.feature.as_ref().filter(|_| is_distance)?;
    let drift = report.drift.features.iter().find(|drift| drift.name == *name)?;
    central_shift(drift, language)
}

/// Returns the findings in the order of the verdict, worst first.
pub(crate) fn findings(report: &Report, language: Language) -> Vec<FindingLine> {
    let place = |name: &String| report.drift.features.iter().position(|feature| feature.name == *name);
    let findings = &report.verdict.findings;
    findings
        .iter()
        .enumerate()
        .map(|(number, finding)| {
            let is_first = findings.iter().take(number).all(|before| before.feature != finding.feature);
            let sentence = reason(report, finding, language);
            let subject = finding.feature.as_deref().map_or_else(|| language.subject(finding.test).to_owned(), shown);
            // "refusal rate 26.2% → 31.4%" starts with the subject already.
            let repeats = sentence.strip_prefix(subject.as_str()).filter(|_| finding.feature.is_none());
            let reason = repeats.map_or_else(|| format!(" {sentence}"), ToOwned::to_owned);
            let reason = match direction(report, finding, language).filter(|_| is_first) {
                Some(direction) => format!(" {direction}.{reason}"),
                None => reason,
            };
            let end = if reason.ends_with('?') { "" } else { "." };
            FindingLine {
                severity: finding.severity,
                anchor: anchor(finding.test, finding.feature.as_ref().and_then(place)),
                subject,
                reason: format!("{reason}{end}"),
            }
        })
        .collect()
}
