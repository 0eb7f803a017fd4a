//! Emails in English.

use vigie_profile::window::Window;

use super::English;
use crate::report::words::{
    format::minute,
    mail_words::{MailLabels, MailWords},
};

static LABELS: MailLabels = MailLabels {
    what_changed: "What changed",
    by_severity: "Findings by severity",
    since: "since",
    reference: "reference",
    this_window: "this window",
    bars: "Bars show the share of rows in each bin; missing and unseen values are shown separately on the right.",
    open: "Open the report",
    the_report: "Report:",
    is_attached: "The report is attached.",
    opens: "The report is attached and opens in any browser.",
    on_the_host: "To manage alerts on the host:",
    sent_by: "Sent by vigie",
    aggregates_only: "This message contains aggregate figures only: no rows, no identifiers.",
    limit: "limit",
    too_few: "too few",
    // What happened to an alert.
    opened: "new",
    worsened: "worse",
    reminded: "still open",
    recovered: "recovered",
    noted: "noted",
};

impl MailWords for English {
    fn mail_labels(&self) -> &'static MailLabels {
        &LABELS
    }

    fn mail_window(&self, window: Window) -> String {
        format!("{} to {} UTC", minute(window.from), minute(window.to))
    }

    fn and_more(&self, number: usize) -> String {
        format!("and {number} more")
    }

    fn findings_in_total(&self, findings: usize) -> String {
        format!("{findings} findings in total; the full list is in the report.")
    }

    fn picture_of(&self, subject: &str, value: &str) -> String {
        format!("Bar chart of {subject}, reference compared with this window: {value}")
    }
}
