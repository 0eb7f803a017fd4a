//! The `decisions` section of `report.json`: logged decisions against the scores they were made on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{judge::OverrideCounts, report::report::DecisionReport};

/// Decisions of the window's used rows, as logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionsSection {
    /// Rows accepted.
    pub accepted: u64,
    /// Rows whose decision contradicts score and threshold, beyond the rounding of the score.
    pub against: ReportedAgainst,
    /// Rows that score and threshold call to refuse, among those with a decision.
    pub called_to_refuse: u64,
    /// Another threshold that explains most of the contradictions, to within 0.0005.
    pub followed_threshold: Option<f64>,
    /// Rows whose decision is still open.
    pub open: u64,
    /// Whether people may override the model (`model.overrides`).
    pub overrides_allowed: bool,
    /// Rows refused.
    pub refused: u64,
    /// Distance from the threshold up to which the rounding of the score hides its side.
    pub rounding: f64,
    /// Rows accepted or refused that are that close to the threshold.
    pub undecidable: u64,
    pub unknown: ReportedUnknownWords,
    /// Rows without a decision. Like the open and the unknown ones, they count as refused or not by score and threshold.
    pub without: u64,
}

/// Rows whose decision contradicts score and threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedAgainst {
    pub accepted: u64,
    /// Share of the rows that can be compared.
    pub accepted_share: Option<f64>,
    /// At most five, farthest from the threshold first.
    pub examples: Vec<ReportedDecision>,
    pub refused: u64,
    /// Share of the rows that can be compared.
    pub refused_share: Option<f64>,
}

/// A row with its decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedDecision {
    /// The word in the log.
    pub decision: String,
    /// The row's id, or else its time.
    pub id: String,
    pub score: Option<f64>,
}

/// Rows whose decision has an unknown word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedUnknownWords {
    pub rows: u64,
    /// The first five in text order.
    pub words: Vec<String>,
}

impl DecisionsSection {
    pub(super) fn new(decisions: &DecisionReport) -> Self {
        let DecisionReport { counts, overrides_allowed } = decisions;
        let shares = decisions.overrides().shares();
        let example = |one: &vigie_profile::decision::AgainstScore| ReportedDecision {
            decision: one.word.clone(),
            id: one.id.clone(),
            score: Some(one.score),
        };
        Self {
            accepted: counts.accepted,
            against: ReportedAgainst {
                accepted: counts.accepted_against,
                accepted_share: shares.map(|(accepted, _)| accepted),
                examples: counts.examples.iter().map(example).collect(),
                refused: counts.refused_against,
                refused_share: shares.map(|(_, refused)| refused),
            },
            called_to_refuse: counts.called,
            followed_threshold: counts.followed.map(|followed| followed.threshold),
            open: counts.open,
            overrides_allowed: *overrides_allowed,
            refused: counts.refused,
            rounding: counts.rounding,
            undecidable: counts.undecidable(),
            unknown: ReportedUnknownWords { rows: counts.unknown, words: counts.unknown_words.clone() },
            without: counts.without,
        }
    }

    /// The counts that later windows compare their overrides with.
    pub(super) fn overrides(&self) -> OverrideCounts {
        OverrideCounts {
            rows: (self.accepted + self.refused).saturating_sub(self.undecidable),
            accepted: self.against.accepted,
            refused: self.against.refused,
        }
    }
}
