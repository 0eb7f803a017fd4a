//! Terminal summary of a run: verdict, findings (worst first), path of the report.

use std::fmt::Write as _;

use vigie_profile::shown::{harmless, shown};

use crate::{
    judge::{Severity, Test, number, q_value},
    monitor::RunOutput,
    report::{Language, score_shift_sentence, verdict_sentence},
};

const ROWS: usize = 12;

fn coloured(severity: Severity, text: &str, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    let code = match severity {
        Severity::Stable => 32,
        Severity::Watch => 33,
        Severity::Alarm => 31,
        Severity::TooFew | Severity::NoData => 36,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// The table, with a trailing newline.
pub(super) fn table(checked: &RunOutput, colour: bool) -> String {
    let report = &checked.report;
    let verdict = &report.verdict;
    let window = report.examined.window;
    let mut text = String::new();
    let _ = writeln!(text, "{}  {} to {}", report.run.model.name, window.from, window.to);
    let _ = writeln!(text, "{}", coloured(verdict.severity, &verdict_sentence(report), colour));
    if let Some(files) = &report.run.skipped_files {
        let _ = writeln!(text, "files {files}");
    }
    if let Some(later) = report.examined.empty_later {
        let _ = writeln!(text, "later windows are empty: {} to {}", later.from, later.to);
    }
    for what in &report.examined.missing_fields {
        let _ = writeln!(text, "mapped field not found in any record: {what}");
    }
    if !verdict.findings.is_empty() {
        let _ = writeln!(text);
        let subjects: Vec<String> = verdict
            .findings
            .iter()
            .map(|finding| finding.feature.as_deref().map_or("(run)".to_owned(), shown))
            .collect();
        let wide = subjects.iter().take(ROWS).map(|name| name.chars().count()).max().unwrap_or(0).clamp(7, 40);
        let _ = writeln!(
            text,
            "{:<8} {:<wide$} {:<13} {:>8} {:>7} {:>8}",
            "severity", "feature", "test", "value", "limit", "q"
        );
        for (finding, subject) in verdict.findings.iter().zip(&subjects).take(ROWS) {
            let severity = coloured(finding.severity, &format!("{:<8}", finding.severity.word()), colour);
            let optional = |value: Option<f64>| value.map_or("–".to_owned(), number);
            let subject: String = subject.chars().take(wide).collect();
            let _ = writeln!(
                text,
                "{severity} {subject:<wide$} {:<13} {:>8} {:>7} {:>8}",
                finding.test.word(),
                optional(finding.value),
                optional(finding.limit),
                finding.q_value.map_or("–".to_owned(), |q| q_value(Some(q))),
            );
            // These findings have no figures.
            if matches!(finding.test, Test::NoData | Test::Source | Test::Labels) {
                let _ = writeln!(text, "         {}", harmless(&finding.reason));
            }
        }
        if verdict.findings.len() > ROWS {
            let _ = writeln!(text, "… and {} more, in the report", verdict.findings.len() - ROWS);
        }
    }
    if let Some(sentence) = score_shift_sentence(report, Language::English) {
        let _ = writeln!(text, "\n{}", sentence.replace('\u{a0}', " "));
    }
    let rejected: Vec<String> = report
        .examined
        .complaints
        .iter()
        .map(|(reason, complaint)| format!("{} {}", complaint.count, reason.word().replace('_', " ")))
        .collect();
    let _ = writeln!(text);
    let left_out =
        if rejected.is_empty() { "none left out".to_owned() } else { format!("left out: {}", rejected.join(", ")) };
    let filtered = match report.examined.filtered {
        0 => String::new(),
        records => format!("; {records} other records (source.where)"),
    };
    let _ = writeln!(text, "{} rows used of {}, {left_out}{filtered}", report.drift.n_window, report.rows());
    let _ = writeln!(text, "report: {}", checked.published.html.display());
    text
}
