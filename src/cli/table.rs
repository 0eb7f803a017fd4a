//! Terminal summary of a run: verdict, findings (worst first), path of the report.

use std::fmt::Write as _;

use vigie_profile::{
    batch::{Complaints, Reason},
    shown::{harmless, shown},
};

use super::print::noun;
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
            .map(|finding| finding.subject.name().map_or("whole run".to_owned(), shown))
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
                let _ = writeln!(text, "         {}", harmless(&Language::English.statement(finding)));
            }
        }
        if verdict.findings.len() > ROWS {
            let _ = writeln!(text, "… and {} more, in the report", verdict.findings.len() - ROWS);
        }
    }
    if let Some(sentence) = score_shift_sentence(report, Language::English) {
        let _ = writeln!(text, "\n{}", sentence.replace('\u{a0}', " "));
    }
    let _ = writeln!(text);
    text.push_str(&row_counts(
        (report.drift.n_window, report.rows()),
        &report.examined.complaints,
        report.examined.filtered,
    ));
    let _ = writeln!(text, "report: {}", checked.published.html.display());
    text
}

/// How many rows were used, and why the others were not, with a trailing newline.
fn row_counts((used, rows): (u64, u64), complaints: &Complaints, filtered: u64) -> String {
    let mut text = format!("{used} of {rows} {} used", noun(rows, "row"));
    let list = |rejects_row: bool| {
        let listed = complaints.iter().filter(|(reason, _)| reason.rejects_row() == rejects_row);
        let listed =
            listed.map(|(reason, complaint)| format!("{} {}", complaint.count, words(reason, complaint.count)));
        listed.collect::<Vec<_>>().join(", ")
    };
    let (rejected, ignored) = (list(true), list(false));
    if !rejected.is_empty() {
        let _ = write!(text, "; left out: {rejected}");
    }
    if !ignored.is_empty() {
        let _ = write!(text, "; read as missing: {ignored}");
    }
    if filtered > 0 {
        let _ = write!(text, "; {filtered} {} excluded by source.where", noun(filtered, "record"));
    }
    text.push('\n');
    let mut rejections = complaints.iter().filter(|(reason, _)| reason.rejects_row());
    if used == 0
        && let (Some((reason, complaint)), None) = (rejections.next(), rejections.next())
    {
        let example = complaint.examples.first().map_or(String::new(), |example| format!(", for example {example}"));
        let _ = writeln!(text, "all rows were left out for the same reason: check {}{example}", config_key(reason));
    }
    text
}

/// The reason in words, after a number of rows or values.
fn words(reason: Reason, count: u64) -> String {
    match reason {
        Reason::Malformed => format!("malformed {}", noun(count, "record")),
        Reason::Timestamp => format!("unreadable {}", noun(count, "timestamp")),
        Reason::Duplicate => noun(count, "duplicate"),
        Reason::Failed => format!("failed {}", noun(count, "request")),
        Reason::ModelVersion => "from another model version".to_owned(),
        Reason::NoFeatures => "without features".to_owned(),
        Reason::NoProbability => "without a valid probability".to_owned(),
        Reason::NotANumber => format!("non-numeric {}", noun(count, "value")),
        Reason::UnreadableField => format!("unreadable {}", noun(count, "field")),
    }
}

/// The config key to check if all rows are left out for this reason.
fn config_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => "source.path",
        Reason::Timestamp => "source.fields.timestamp",
        Reason::Duplicate => "source.fields.id",
        Reason::Failed => "source.fields.status and source.fields.error",
        Reason::ModelVersion => "model.version",
        Reason::NoFeatures | Reason::NotANumber => "source.fields.features",
        Reason::NoProbability => "source.fields.probability",
        Reason::UnreadableField => "source.fields",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_not_used_are_counted_by_reason() {
        assert_eq!(row_counts((1, 1), &Complaints::default(), 0), "1 of 1 row used\n");
        assert_eq!(
            row_counts((0, 0), &Complaints::default(), 722),
            "0 of 0 rows used; 722 records excluded by source.where\n"
        );
        let mut complaints = Complaints::default();
        complaints.add(Reason::NoProbability, "r7: 1.5");
        assert_eq!(
            row_counts((0, 1), &complaints, 0),
            "0 of 1 row used; left out: 1 without a valid probability\n\
             all rows were left out for the same reason: check source.fields.probability, for example r7: 1.5\n"
        );
        complaints.add_many(Reason::Duplicate, 2);
        complaints.add(Reason::NotANumber, "AGE: x");
        assert_eq!(
            row_counts((7, 10), &complaints, 1),
            "7 of 10 rows used; left out: 2 duplicates, 1 without a valid probability; read as missing: 1 non-numeric \
             value; 1 record excluded by source.where\n"
        );
    }
}
