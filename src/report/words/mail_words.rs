//! Texts and sentences of emails.

use vigie_profile::window::Window;

use super::labels::labels;

labels! {
    /// Texts of emails.
    pub struct MailLabels {
        what_changed,
        by_severity,
        since,
        reference,
        this_window,
        bars,
        open,
        the_report,
        is_attached,
        opens,
        on_the_host,
        sent_by,
        aggregates_only,
        limit,
        /// Too few rows for a verdict; elsewhere the severity's word is shorter.
        too_few,
        // What happened to an alert.
        opened,
        worsened,
        reminded,
        recovered,
        noted,
    }
}

/// Sentences of emails.
pub trait MailWords {
    /// Returns the fixed texts.
    fn mail_labels(&self) -> &'static MailLabels;

    /// Dates of a window.
    fn mail_window(&self, window: Window) -> String;

    /// `and 3 more`.
    fn and_more(&self, number: usize) -> String;

    /// States the number of findings, with a pointer to the report.
    fn findings_in_total(&self, findings: usize) -> String;

    /// Describes a picture of a feature's bars, for readers who do not see it.
    fn picture_of(&self, subject: &str, value: &str) -> String;
}
