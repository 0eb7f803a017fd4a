//! Texts and sentences of the terminal. Only English implements them.

use vigie_profile::{batch::Complaints, window::Window};

use super::{labels::labels, words::Words};
use crate::report::report::{DecisionReport, SkippedFiles};

labels! {
    /// Texts of the table of findings.
    pub struct TerminalLabels {
        severity,
        feature,
        test,
        value,
        limit,
        /// The subject of findings about all rows.
        run,
    }
}

/// Sentences of the terminal: one line each, without a full stop.
pub trait TerminalWords: Words {
    /// Returns the fixed texts.
    fn terminal_labels(&self) -> &'static TerminalLabels;

    /// Dates of a window.
    fn terminal_window(&self, window: Window) -> String;

    fn files_skipped(&self, skipped: &SkippedFiles) -> String;

    fn later_windows_empty(&self, later: Window) -> String;

    fn mapped_field_not_found(&self, field: &str) -> String;

    /// Counts the logged decisions, and those that contradict the score.
    fn logged_decisions(&self, decisions: &DecisionReport) -> String;

    /// Number of findings that are only in the report.
    fn more_findings(&self, number: usize) -> String;

    /// States how many rows were used, and why the others were not. `filtered`: records excluded by `where`. If all rows were
    /// left out for the same reason, a second line names the config key to check.
    fn rows_used(&self, used: u64, all: u64, complaints: &Complaints, filtered: u64) -> String;

    /// States where the report is.
    fn report_at(&self, path: &str) -> String;
}
