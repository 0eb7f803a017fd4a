//! The terminal, in English.

use std::fmt::Write as _;

use vigie_profile::{
    batch::{Complaints, Reason},
    window::Window,
};

use super::{English, decisions, numbers::plural};
use crate::report::{
    report::{DecisionReport, SkippedFiles},
    words::{
        page_words::PageWords,
        terminal_words::{TerminalLabels, TerminalWords},
    },
};

static LABELS: TerminalLabels = TerminalLabels {
    severity: "severity",
    feature: "feature",
    test: "test",
    value: "value",
    limit: "limit",
    run: "whole run",
};

impl TerminalWords for English {
    fn terminal_labels(&self) -> &'static TerminalLabels {
        &LABELS
    }

    fn terminal_window(&self, window: Window) -> String {
        format!("{} to {}", window.from, window.to)
    }

    fn files_skipped(&self, skipped: &SkippedFiles) -> String {
        format!("files {}", self.skipped_files(skipped))
    }

    fn later_windows_empty(&self, later: Window) -> String {
        format!("later windows are empty: {} to {}", later.from, later.to)
    }

    fn mapped_field_not_found(&self, field: &str) -> String {
        format!("mapped field not found in any record: {field}")
    }

    fn logged_decisions(&self, decisions: &DecisionReport) -> String {
        decisions::line(decisions)
    }

    fn more_findings(&self, number: usize) -> String {
        format!("… and {number} more, in the report")
    }

    fn rows_used(&self, used: u64, all: u64, complaints: &Complaints, filtered: u64) -> String {
        row_counts((used, all), complaints, filtered)
    }

    fn report_at(&self, path: &str) -> String {
        format!("report: {path}")
    }
}

/// How many rows were used, and why the others were not.
fn row_counts((used, rows): (u64, u64), complaints: &Complaints, filtered: u64) -> String {
    let mut text = format!("{used} of {rows} {} used", plural(rows, "row", "rows"));
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
        let _ = write!(text, "; {filtered} {} excluded by source.where", plural(filtered, "record", "records"));
    }
    if let Some(example) = complaints.decimal_comma() {
        let _ = write!(text, "\n{}", English.decimal_comma(example));
    }
    let mut rejections = complaints.iter().filter(|(reason, _)| reason.rejects_row());
    if used == 0
        && let (Some((reason, complaint)), None) = (rejections.next(), rejections.next())
    {
        let example = complaint.examples.first().map_or(String::new(), |example| format!(", for example {example}"));
        let _ = write!(text, "\nall rows were left out for the same reason: check {}{example}", config_key(reason));
    }
    text
}

/// The reason in words, after a number of rows or values.
fn words(reason: Reason, count: u64) -> &'static str {
    let (one, many) = match reason {
        Reason::Malformed => ("malformed record", "malformed records"),
        Reason::Timestamp => ("unreadable timestamp", "unreadable timestamps"),
        Reason::Duplicate => ("duplicate", "duplicates"),
        Reason::Failed => ("failed request", "failed requests"),
        Reason::ModelVersion => return "from another model version",
        Reason::NoFeatures => return "without features",
        Reason::UnknownInputs => return "with inputs in an unknown shape",
        Reason::NoProbability => return "without a valid probability",
        Reason::NoPrediction => return "without a predicted number",
        Reason::NotANumber => ("value of the wrong type", "values of the wrong type"),
        Reason::UnreadableField => ("unreadable field", "unreadable fields"),
    };
    plural(count, one, many)
}

/// The config key to check if all rows are left out for this reason.
fn config_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => "source.path",
        Reason::Timestamp => "source.fields.timestamp",
        Reason::Duplicate => "source.fields.id",
        Reason::Failed => "source.fields.status and source.fields.error",
        Reason::ModelVersion => "model.version",
        Reason::NoFeatures | Reason::UnknownInputs | Reason::NotANumber => "source.fields.features",
        Reason::NoProbability => "source.fields.probability",
        Reason::NoPrediction => "source.fields.prediction",
        Reason::UnreadableField => "source.fields",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_not_used_are_counted_by_reason() {
        assert_eq!(row_counts((1, 1), &Complaints::default(), 0), "1 of 1 row used");
        assert_eq!(
            row_counts((0, 0), &Complaints::default(), 722),
            "0 of 0 rows used; 722 records excluded by source.where"
        );
        let mut complaints = Complaints::default();
        complaints.add(Reason::NoProbability, "r7: 1.5");
        assert_eq!(
            row_counts((0, 1), &complaints, 0),
            "0 of 1 row used; left out: 1 without a valid probability\n\
             all rows were left out for the same reason: check source.fields.probability, for example r7: 1.5"
        );
        complaints.add_many(Reason::Duplicate, 2);
        complaints.add(Reason::NotANumber, "AGE: x");
        assert_eq!(
            row_counts((7, 10), &complaints, 1),
            "7 of 10 rows used; left out: 2 duplicates, 1 without a valid probability; read as missing: 1 value of \
             the wrong type; 1 record excluded by source.where"
        );
        let mut commas = Complaints::default();
        commas.add(Reason::NotANumber, "INCOME: \"13361,20\"");
        assert_eq!(
            row_counts((7, 7), &commas, 0),
            "7 of 7 rows used; read as missing: 1 value of the wrong type\n\
             Not a number: INCOME: \"13361,20\" (a decimal comma? For CSV, set `csv: {decimal: \",\"}` next to source.path)."
        );
    }
}
