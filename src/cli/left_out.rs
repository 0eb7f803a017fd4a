//! The error of a check whose window left out so many rows that features get no verdict.

use std::path::Path;

use crate::{
    fault::Fault,
    judge::{Facts, UnusableReason},
    report::{Report, terminal_words},
};

/// Returns the error for exit code 2, if too many rows are left out. The report has been written.
pub(super) fn too_many_left_out(report: &Report, page: &Path) -> Option<Fault> {
    let finding = report.verdict.too_many_left_out()?;
    let Facts::RowsLeftOut { reason, .. } = finding.facts else { return None };
    if report.tables.is_some() {
        let statement = terminal_words().measure(finding);
        return Some(Fault::setup(format!("CUR: {statement}; the report is {}", page.display())));
    }
    let (key, next) = match reason {
        UnusableReason::Percentage => ("source.fields.probability", "for percentages, set `scale: 0.01`"),
        UnusableReason::OutOfRange => ("source.fields.probability", "map the field that holds the probability"),
        UnusableReason::NoScore => {
            ("source.fields.probability", "map the right field, or exclude the rows with source.where")
        }
        UnusableReason::NoPrediction => {
            ("source.fields.prediction", "map the right field, or exclude the rows with source.where")
        }
        UnusableReason::NoFeatures | UnusableReason::UnknownInputs => {
            ("source.fields.features", "map the right field, or exclude the rows with source.where")
        }
        UnusableReason::Timestamp => ("source.fields.timestamp", "map an RFC 3339 or Unix time"),
        // The others are reasons of labels.
        UnusableReason::Malformed | UnusableReason::NoId | UnusableReason::Outcome | UnusableReason::Contradictory => {
            ("source.path", "write one record per line")
        }
    };
    let statement = terminal_words().measure(finding);
    Some(Fault::setup(format!("{key}: {statement}; {next}; the report is {}", page.display())))
}
