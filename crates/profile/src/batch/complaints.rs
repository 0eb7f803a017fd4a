//! Why a row or a value was not used: a count under a reason, with at most five examples.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::shown::shown;

/// Why a row does not enter drift, or a value is read as missing. One word a reason, as it stands in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The line is not a record: torn, not JSON, invalid UTF-8, too few cells.
    Malformed,
    /// No time, or none that can be read.
    Timestamp,
    /// Another record with the same id has the least (timestamp, content).
    Duplicate,
    /// The request failed (status ≥ 400 or an error field set).
    Failed,
    /// Answered by another version of the model; profiled apart.
    ModelVersion,
    /// The record carries no inputs.
    NoFeatures,
    /// No probability, or none between 0 and 1.
    NoProbability,
    /// A value of a numeric feature that is no number; the row counts, the value is missing.
    NotANumber,
    /// A mapped field (status, latency) that could not be read; the row counts.
    UnreadableField,
}

impl Reason {
    /// Whether the whole row is left out (else only one value of it).
    #[must_use]
    pub fn rejects_row(self) -> bool {
        !matches!(self, Self::NotANumber | Self::UnreadableField)
    }

    /// The word in the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Timestamp => "timestamp",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
            Self::ModelVersion => "model_version",
            Self::NoFeatures => "no_features",
            Self::NoProbability => "no_probability",
            Self::NotANumber => "not_a_number",
            Self::UnreadableField => "unreadable_field",
        }
    }
}

/// The rows under one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaint {
    pub count: u64,
    /// The least five in text order, each at most 80 characters: the same whatever the order of rows.
    pub examples: BTreeSet<String>,
}

/// Counts by reason. Merging is commutative, like everything that is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaints(BTreeMap<Reason, Complaint>);

const EXAMPLES: usize = 5;
/// Bytes of an example that is certainly shown whole.
const SHORT: usize = 80;

impl Complaints {
    /// Counts one row (or value) under `reason`; `example` is shortened, control characters replaced.
    pub fn add(&mut self, reason: Reason, example: &str) {
        let complaint = self.0.entry(reason).or_default();
        complaint.count += 1;
        if complaint.examples.len() == EXAMPLES
            && complaint.examples.last().is_some_and(|last| last.as_str() <= example)
            // What is cut may sort before what it was.
            && example.len() <= SHORT
        {
            return;
        }
        complaint.keep(shown(example));
    }

    /// Counts `count` rows that have nothing to show.
    pub fn count(&mut self, reason: Reason, count: u64) {
        if count > 0 {
            self.0.entry(reason).or_default().count += count;
        }
    }

    /// Adds the other's counts and keeps the least examples of both.
    pub fn merge(&mut self, other: Self) {
        for (reason, theirs) in other.0 {
            let ours = self.0.entry(reason).or_default();
            ours.count += theirs.count;
            for example in theirs.examples {
                ours.keep(example);
            }
        }
    }

    /// In the order of [`Reason`].
    pub fn iter(&self) -> impl Iterator<Item = (Reason, &Complaint)> {
        self.0.iter().map(|(reason, complaint)| (*reason, complaint))
    }

    /// How many stand under `reason`.
    #[must_use]
    pub fn of(&self, reason: Reason) -> u64 {
        self.0.get(&reason).map_or(0, |complaint| complaint.count)
    }

    /// How many rows were left out, over all reasons.
    #[must_use]
    pub fn rejected_rows(&self) -> u64 {
        self.iter().filter(|(reason, _)| reason.rejects_row()).map(|(_, c)| c.count).sum()
    }
}

impl Complaint {
    fn keep(&mut self, example: String) {
        self.examples.insert(example);
        if self.examples.len() > EXAMPLES {
            self.examples.pop_last();
        }
    }
}
