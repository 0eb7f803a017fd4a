//! The `window` section of `report.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::{Instant, Window};

use crate::{judge::SequenceCheck, report::Report};

/// The window and what happened to its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowSection {
    /// Rows and values that could not be used, by reason.
    #[serde(default)]
    pub complaints: BTreeMap<String, ReportedComplaint>,
    /// Names that occur twice in a record or a header. Of JSON keys the last counts, of columns the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubled_names: Vec<String>,
    /// Optional mapped fields that no record has.
    #[serde(default)]
    pub fields_not_found: Vec<String>,
    /// Records excluded by `source.where`.
    #[serde(default)]
    pub filtered: u64,
    /// Null if two tables without times are compared.
    pub from: Option<Instant>,
    /// Rows that should have been usable and are not. Missing in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<ReportedLeftOut>,
    /// Rows left out, by reason.
    #[serde(default)]
    pub rejected: BTreeMap<String, u64>,
    /// Records in the window that pass `source.where`.
    pub rows: u64,
    pub rows_used: u64,
    /// Missing records, by the sequence numbers of the log's writers. Missing if the log has none, if they cannot be followed, and in
    /// reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<ReportedSequence>,
    /// A record at this time belongs to the next window. Null if two tables without times are compared.
    pub to: Option<Instant>,
    /// Parts of the log that could not be read.
    #[serde(default)]
    pub unreadable: Vec<String>,
}

/// Rows left out, but for failed requests, duplicates and rows of another version of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedLeftOut {
    /// Rows that should have been usable.
    pub of: u64,
    pub rows: u64,
    /// Null if `of` is 0.
    pub share: Option<f64>,
}

/// Records that are not in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedSequence {
    /// Records that writers dropped because their log was full, and said so.
    pub dropped: u64,
    /// Records that the numbers say were written.
    pub missing: u64,
    /// Writers that miss records.
    pub writers: u64,
}

/// Rows or values with one problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedComplaint {
    pub count: u64,
    /// The first five in text order.
    pub examples: Vec<String>,
}

impl ReportedLeftOut {
    fn new(rows: u64, used: u64) -> Self {
        let of = used + rows;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = (of > 0).then(|| rows as f64 / of as f64);
        Self { of, rows, share }
    }
}

impl ReportedSequence {
    fn new(check: SequenceCheck) -> Option<Self> {
        match check {
            SequenceCheck::Counted { missing, writers, dropped } => Some(Self { dropped, missing, writers }),
            SequenceCheck::Unfollowed => None,
        }
    }
}

impl WindowSection {
    pub(super) fn new(report: &Report) -> Self {
        let examined = &report.examined;
        let complaint = |complaint: &vigie_profile::batch::Complaint| ReportedComplaint {
            count: complaint.count,
            examples: complaint.examples.iter().cloned().collect(),
        };
        let complaints = examined.complaints.iter();
        let rejected = examined.complaints.iter().filter(|(reason, _)| reason.rejects_row());
        Self {
            complaints: complaints.map(|(reason, one)| (reason.word().to_owned(), complaint(one))).collect(),
            doubled_names: examined.doubled_names.clone(),
            fields_not_found: examined.missing_fields.clone(),
            filtered: examined.filtered,
            from: report.dated_window().map(|window| window.from),
            left_out: Some(ReportedLeftOut::new(examined.complaints.unusable_rows(), report.drift.n_window)),
            rejected: rejected.map(|(reason, one)| (reason.word().to_owned(), one.count)).collect(),
            rows: report.rows(),
            rows_used: report.drift.n_window,
            sequence: examined.sequence.and_then(ReportedSequence::new),
            to: report.dated_window().map(|window| window.to),
            unreadable: examined.unreadable.iter().map(ToString::to_string).collect(),
        }
    }

    /// The window in time; an empty one at the epoch if two tables without times were compared.
    #[must_use]
    pub fn window(&self) -> Window {
        Window { from: self.from.unwrap_or(Instant(0)), to: self.to.unwrap_or(Instant(0)) }
    }
}
