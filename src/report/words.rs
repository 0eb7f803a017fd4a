//! Sentences that stand in the page and in the terminal alike.

use super::Report;
use crate::judge::{Severity, percent};

/// The verdict in one sentence.
#[must_use]
pub fn verdict_sentence(report: &Report) -> String {
    let rows = grouped(report.drift.n_window);
    let features = report.drift.features.len();
    let drifted = report.verdict.features.iter().filter(|feature| feature.severity.is_drift()).count();
    let what = || {
        let first = report.verdict.findings.first().map(|finding| match &finding.feature {
            Some(name) => format!("{name}: {}", finding.reason),
            None => finding.reason.clone(),
        });
        let many = match drifted {
            0 => String::new(),
            1 => format!("1 of {features} features moved. "),
            _ => format!("{drifted} of {features} features moved. "),
        };
        format!("{many}{}", first.unwrap_or_default())
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
