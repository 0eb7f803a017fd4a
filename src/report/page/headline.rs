//! The findings, in words.

use vigie_profile::shown::shown;

use crate::{
    judge::{Finding, Severity, Test},
    report::{
        Report,
        words::{Language, advice::anchor, reasons::reason, way::middle},
    },
};

/// One finding.
pub(crate) struct FindingLine {
    pub severity: Severity,
    /// What it is about: a link.
    pub subject: String,
    pub anchor: String,
    /// The sentence that follows.
    pub reason: String,
}

/// Which way the feature went, which its distance does not say.
fn went(report: &Report, finding: &Finding, language: Language) -> Option<String> {
    let is_distance = matches!(finding.test, Test::Psi | Test::Ks);
    let name = finding.feature.as_ref().filter(|_| is_distance)?;
    let drift = report.drift.features.iter().find(|drift| drift.name == *name)?;
    middle(drift, language)
}

/// Worst first, as the verdict has them.
pub(crate) fn findings(report: &Report, language: Language) -> Vec<FindingLine> {
    let place = |name: &String| report.drift.features.iter().position(|feature| feature.name == *name);
    let findings = &report.verdict.findings;
    findings
        .iter()
        .enumerate()
        .map(|(number, finding)| {
            let is_first = findings.iter().take(number).all(|before| before.feature != finding.feature);
            let said = reason(report, finding, language);
            let subject = finding.feature.as_deref().map_or_else(|| language.subject(finding.test).to_owned(), shown);
            // "share refused 26 % → 31 %" needs no "share refused" before it.
            let repeats = said.strip_prefix(subject.as_str()).filter(|_| finding.feature.is_none());
            let reason = repeats.map_or_else(|| format!(" {said}"), ToOwned::to_owned);
            let reason = match went(report, finding, language).filter(|_| is_first) {
                Some(went) => format!(" {went}.{reason}"),
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
