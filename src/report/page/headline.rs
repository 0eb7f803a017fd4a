//! The findings, in words.

use crate::{
    judge::Severity,
    report::{Language, Report, advice::anchor, reasons::reason},
    shown::shown,
};

/// One finding.
pub(in crate::report) struct FindingLine {
    pub severity: Severity,
    pub subject: String,
    pub anchor: String,
    pub reason: String,
}

/// Worst first, as the verdict has them.
pub(super) fn findings(report: &Report, language: Language) -> Vec<FindingLine> {
    let place = |name: &String| report.drift.features.iter().position(|feature| feature.name == *name);
    report
        .verdict
        .findings
        .iter()
        .map(|finding| FindingLine {
            severity: finding.severity,
            subject: finding.feature.as_deref().map_or_else(|| language.subject(finding.test).to_owned(), shown),
            anchor: anchor(finding.test, finding.feature.as_ref().and_then(place)),
            reason: reason(report, finding, language),
        })
        .collect()
}
