//! Terminal summary of a run: verdict, findings (worst first), path of the report.

use std::{fmt::Write as _, path::Path};

use vigie_profile::shown::{harmless, shown};

use super::{Report, page::score_shift::score_shift_sentence, words::TerminalWords};
use crate::{
    drift::LoggedDecisions,
    judge::{Finding, Severity, Subject, Test, q_value},
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

/// Renders the table, with a trailing newline. `page`: path of the report. Tests and severities are shown by their names in
/// the config.
#[must_use]
pub fn to_terminal(report: &Report, page: &Path, colour: bool, words: &dyn TerminalWords) -> String {
    let verdict = &report.verdict;
    let mut text = String::new();
    let _ = match &report.tables {
        Some(tables) => writeln!(text, "{} compared with {}", shown(&tables.current), shown(&tables.reference)),
        None => writeln!(text, "{}  {}", report.run.model.name, words.terminal_window(report.examined.window)),
    };
    let headline = words.headline(&report.headline()).unwrap_or_default();
    let _ = writeln!(text, "{}", coloured(verdict.severity, &headline, colour));
    if let Some(skipped) = &report.run.skipped_files {
        let _ = writeln!(text, "{}", words.files_skipped(skipped));
    }
    if let Some(later) = report.examined.empty_later {
        let _ = writeln!(text, "{}", words.later_windows_empty(later));
    }
    for field in &report.examined.missing_fields {
        let _ = writeln!(text, "{}", words.mapped_field_not_found(field));
    }
    if !report.examined.doubled_names.is_empty() {
        let _ = writeln!(text, "{}", words.doubled_names(&report.examined.doubled_names));
    }
    if let Some(other) = &report.other_model {
        let _ = writeln!(text, "{}", words.other_model(other));
    }
    findings(&mut text, &verdict.entries(), colour, words);
    if verdict.is_of_selection() {
        let _ = writeln!(text, "{}", words.labels().selection);
    }
    if let Some(sentence) = score_shift_sentence(report, words) {
        let _ = writeln!(text, "\n{sentence}");
    }
    if let Some(decisions) = report.decisions.as_ref().filter(|decisions| is_notable(&decisions.counts)) {
        let _ = writeln!(text, "\n{}", words.logged_decisions(decisions));
    }
    let examined = &report.examined;
    let rows = words.rows_used(report.drift.n_window, report.rows(), &examined.complaints, examined.filtered);
    let _ = writeln!(text, "\n{rows}");
    let _ = writeln!(text, "{}", words.report_at(&page.display().to_string()));
    text
}

/// Returns whether a line about the decisions tells more than the refusal rate.
fn is_notable(decisions: &LoggedDecisions) -> bool {
    decisions.against() + decisions.open + decisions.unknown > 0
}

fn findings(text: &mut String, findings: &[Finding], colour: bool, words: &dyn TerminalWords) {
    if findings.is_empty() {
        return;
    }
    let labels = words.terminal_labels();
    let subjects: Vec<String> =
        findings.iter().map(|finding| finding.subject.name().map_or(labels.run.to_owned(), shown)).collect();
    let wide = subjects.iter().take(ROWS).map(|name| name.chars().count()).max().unwrap_or(0).clamp(7, 40);
    let _ = writeln!(
        text,
        "\n{:<8} {:<wide$} {:<13} {:>8} {:>7} {:>8}",
        labels.severity, labels.feature, labels.test, labels.value, labels.limit, "q"
    );
    for (finding, subject) in findings.iter().zip(&subjects).take(ROWS) {
        let severity = coloured(finding.severity, &format!("{:<8}", finding.severity.word()), colour);
        let subject: String = subject.chars().take(wide).collect();
        let _ = writeln!(
            text,
            "{severity} {subject:<wide$} {:<13} {:>8} {:>7} {:>8}",
            finding.measured().word(),
            words.number_or_dash(finding.value),
            words.number_or_dash(finding.limit),
            finding.q_value.map_or("–".to_owned(), |q| q_value(Some(q))),
        );
        if let Some(story) = finding.story() {
            let sentence = match finding.subject {
                // The statement also says since which window.
                _ if finding.test == Test::Stale => format!("{}; {}", words.statement(finding), words.side(story)),
                Subject::Group(_) => format!("{}; {}", words.story(&story.brief()), words.side(story)),
                _ => words.side(story),
            };
            let _ = writeln!(text, "         {}{}", harmless(&sentence), harmless(&words.table_clause(finding)));
        } else if matches!(
            finding.test,
            Test::NoData
                | Test::Source
                | Test::Labels
                | Test::Decision
                | Test::LeftOut
                | Test::Stale
                | Test::Parity
                | Test::Skew
                | Test::Sequence
        ) {
            // These findings have no figures, or figures that do not show what was found.
            let _ = writeln!(text, "         {}", harmless(&words.statement(finding)));
        }
    }
    if findings.len() > ROWS {
        let _ = writeln!(text, "{}", words.more_findings(findings.len() - ROWS));
    }
}
