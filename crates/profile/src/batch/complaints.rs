//! Rows and values that were not used: counts by reason, each with at most five examples.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{OutsideScores, has_decimal_comma};
use crate::shown::shown;

/// Reason why a row is left out of the drift statistics, or why a value is read as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The line is not a record: truncated, not JSON, invalid UTF-8, or with too few fields.
    Malformed,
    /// The timestamp is missing or unreadable.
    Timestamp,
    /// Another record with the same id comes first by timestamp and content.
    Duplicate,
    /// The request failed (status ≥ 400 or an error field set).
    Failed,
    /// Scored by another version of the model; profiled separately.
    ModelVersion,
    /// The record has no inputs.
    NoFeatures,
    /// The record has inputs in a shape that is not supported.
    UnknownInputs,
    /// The probability is missing or not between 0 and 1.
    NoProbability,
    /// The predicted number is missing or not a number.
    NoPrediction,
    /// A value of a numeric feature is not a number; the row still counts, but the value is treated as missing.
    NotANumber,
    /// A mapped field (status, latency) could not be read; the row still counts.
    UnreadableField,
}

impl Reason {
    /// Whether the whole row is left out, rather than a single value.
    #[must_use]
    pub fn rejects_row(self) -> bool {
        !matches!(self, Self::NotANumber | Self::UnreadableField)
    }

    /// Reasons of rows that should have been usable: they were answered, count once, and are of the monitored model.
    pub const UNUSABLE: [Self; 6] = [
        Self::Malformed,
        Self::Timestamp,
        Self::NoFeatures,
        Self::UnknownInputs,
        Self::NoProbability,
        Self::NoPrediction,
    ];

    /// Whether the row should have been usable.
    #[must_use]
    pub fn is_unusable(self) -> bool {
        Self::UNUSABLE.contains(&self)
    }

    /// Key of the reason in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Timestamp => "timestamp",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
            Self::ModelVersion => "model_version",
            Self::NoFeatures => "no_features",
            Self::UnknownInputs => "unknown_inputs",
            Self::NoProbability => "no_probability",
            Self::NoPrediction => "no_prediction",
            Self::NotANumber => "not_a_number",
            Self::UnreadableField => "unreadable_field",
        }
    }
}

/// Number of rows or values with one reason, with examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaint {
    pub count: u64,
    /// The lexicographically first five, each at most 80 characters; independent of the order of rows.
    pub examples: BTreeSet<String>,
}

/// Counts by reason. Merging is commutative.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complaints {
    by_reason: BTreeMap<Reason, Complaint>,
    /// The scores among those of [`Reason::NoProbability`] that are outside 0 to 1.
    outside: OutsideScores,
}

const MAX_EXAMPLES: usize = 5;
/// Examples of at most this many bytes are never truncated.
const SHORT: usize = 80;

impl Complaints {
    /// Counts one row or value; `example` is shortened and its control characters are replaced.
    pub fn add(&mut self, reason: Reason, example: &str) {
        let complaint = self.by_reason.entry(reason).or_default();
        complaint.count += 1;
        if complaint.examples.len() == MAX_EXAMPLES
            && complaint.examples.last().is_some_and(|last| last.as_str() <= example)
            // A truncated example may sort before the original.
            && example.len() <= SHORT
        {
            return;
        }
        complaint.keep(shown(example));
    }

    /// Counts a score outside 0 to 1, in addition to the complaint about its row.
    pub fn add_outside(&mut self, score: f64) {
        self.outside.add(score);
    }

    /// Scores outside 0 to 1.
    #[must_use]
    pub fn outside(&self) -> &OutsideScores {
        &self.outside
    }

    /// Counts `count` rows or values without examples.
    pub fn add_many(&mut self, reason: Reason, count: u64) {
        if count > 0 {
            self.by_reason.entry(reason).or_default().count += count;
        }
    }

    /// Removes the complaints about records whose time is not known.
    #[must_use]
    pub fn take_timeless(&mut self) -> Self {
        let taken = [Reason::Malformed, Reason::Timestamp].into_iter();
        let by_reason = taken.filter_map(|reason| self.by_reason.remove_entry(&reason)).collect();
        Self { by_reason, outside: OutsideScores::default() }
    }

    /// Adds the other's counts and keeps the first examples of both.
    pub fn merge(&mut self, other: Self) {
        self.outside.merge(&other.outside);
        for (reason, theirs) in other.by_reason {
            let ours = self.by_reason.entry(reason).or_default();
            ours.count += theirs.count;
            for example in theirs.examples {
                ours.keep(example);
            }
        }
    }

    /// Iterates over the complaints in the order of [`Reason`].
    pub fn iter(&self) -> impl Iterator<Item = (Reason, &Complaint)> {
        self.by_reason.iter().map(|(reason, complaint)| (*reason, complaint))
    }

    /// Number of rows or values with a reason.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.by_reason.get(&reason).map_or(0, |complaint| complaint.count)
    }

    /// Returns an example of a number with a decimal comma among the values that could not be read: `INCOME: "13361,20"`.
    #[must_use]
    pub fn decimal_comma(&self) -> Option<&str> {
        let has_comma = |example: &&String| {
            let value = example.rsplit_once(": ").map_or(example.as_str(), |(_, value)| value);
            has_decimal_comma(value.trim_matches('"'))
        };
        self.by_reason.values().find_map(|complaint| complaint.examples.iter().find(has_comma)).map(String::as_str)
    }

    /// Number of rows left out, over all reasons.
    #[must_use]
    pub fn rejected_rows(&self) -> u64 {
        self.iter().filter(|(reason, _)| reason.rejects_row()).map(|(_, c)| c.count).sum()
    }

    /// Number of rows left out that should have been usable.
    #[must_use]
    pub fn unusable_rows(&self) -> u64 {
        self.iter().filter(|(reason, _)| reason.is_unusable()).map(|(_, c)| c.count).sum()
    }
}

impl Complaint {
    fn keep(&mut self, example: String) {
        self.examples.insert(example);
        if self.examples.len() > MAX_EXAMPLES {
            self.examples.pop_last();
        }
    }
}
