//! The counts of a window.

use std::collections::BTreeMap;

use vigie_profile::{
    batch::Complaints,
    decision::DecisionTally,
    profile::{Profile, Traffic},
    repeat::RepeatTally,
    segment::SegmentTally,
};

use super::{KeyedRows, column_scan::ColumnScan, duplicates::Duplicates};
use crate::source::{Field, Plan, ReadSummary, Unreadable};

/// A counted window.
#[derive(Debug)]
pub struct Counted {
    pub profile: Profile,
    /// Rows scored by another version of the model.
    pub other_version: Profile,
    pub traffic: Traffic,
    pub complaints: Complaints,
    /// By feature: whether no record of the window has it.
    pub absent: Vec<bool>,
    pub found: ReadSummary,
    /// Mapped fields with their paths as in the config.
    pub mapped: BTreeMap<Field, String>,
    pub unreadable: Vec<Unreadable>,
    /// Number of files that were read.
    pub files: usize,
    /// Scores of the used rows, in the order in which threads read them, which must not matter. Empty unless requested.
    pub scores: Vec<f64>,
    /// Scores of those whose logged decision is not the one that the job's rule makes, likewise.
    pub against: Vec<f64>,
    /// Logged decisions, if the config maps them.
    pub decisions: Option<DecisionTally>,
    pub(super) sample: Option<SampledRows>,
    /// Counts of the segments, if requested.
    pub segments: Option<SegmentTally>,
    /// Row hashes of the blocks, if requested.
    pub repeats: Option<RepeatTally>,
    pub(super) duplicates: Duplicates,
    /// How to read single features again, if no id occurs twice.
    pub(super) column_scan: Option<(Plan, ColumnScan)>,
}

impl Counted {
    /// Whether an id occurs twice. Which of its records counts then depends on all of their columns.
    #[must_use]
    pub fn has_duplicate_ids(&self) -> bool {
        !self.duplicates.is_empty()
    }
}

/// The sampled rows of all threads.
#[derive(Debug)]
pub(super) struct SampledRows {
    pub rows: Vec<KeyedRows>,
    /// All rows with a smaller key are included; `None`: all rows are.
    pub below: Option<u128>,
}

impl SampledRows {
    /// Whether all rows with keys below a bound are included; `None` means all rows.
    pub(super) fn covers(&self, below: Option<u128>) -> bool {
        self.below.is_none_or(|ours| below.is_some_and(|below| below <= ours))
    }
}
