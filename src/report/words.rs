//! Sentences that stand in the page and in the terminal alike.

use super::Report;
use crate::{
    judge::{Severity, percent},
    shown::shown,
    window::Instant,
};

/// The verdict in one sentence.
#[must_use]
pub fn verdict_sentence(report: &Report) -> String {
    let rows = grouped(report.drift.n_window);
    let features = report.drift.features.len();
    let drifted = report.verdict.features.iter().filter(|feature| feature.severity.is_drift()).count();
    let what = || {
        let mut said = Vec::new();
        if drifted > 0 {
            let noun = if features == 1 { "feature" } else { "features" };
            said.push(format!("{drifted} of {features} {noun} moved ({})", moved(report)));
        }
        said.extend(elsewhere(report));
        said.join("; ")
    };
    match report.verdict.severity {
        Severity::Stable => format!("Stable: {rows} rows look like the reference in all {features} features."),
        Severity::Watch => format!("Watch: {}.", what()),
        Severity::Alarm => format!("Alarm: {}.", what()),
        Severity::TooFew => {
            format!("Too few rows for a verdict: {rows} used, {} needed.", grouped(report.policy.min_rows))
        }
        Severity::NoData => "No data: no record in this window.".to_owned(),
    }
}

/// The features of the findings, worst first, at most three by name.
fn moved(report: &Report) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in report.verdict.findings.iter().filter_map(|finding| finding.feature.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let listed = names.into_iter().map(shown).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

/// What else was found, about the score and the service, one clause each.
fn elsewhere(report: &Report) -> Vec<String> {
    let findings = report.verdict.findings.iter().filter(|finding| finding.feature.is_none());
    let clause = |reason: &str| reason.split("; ").next().unwrap_or_default().to_owned();
    let mut clauses: Vec<String> = findings.map(|finding| clause(&finding.reason)).collect();
    clauses.truncate(3);
    clauses
}

/// 1234567 → 1 234 567 (narrow spaces).
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A share that may not be there.
pub(super) fn share(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), percent)
}

/// `2026-10-01 00:00` and a zone, seconds only where there are some.
pub(super) fn minute(at: Instant) -> String {
    let text = at.to_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    text.strip_suffix(":00").map_or(text.clone(), ToOwned::to_owned)
}
