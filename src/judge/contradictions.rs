//! What a finding about logged decisions states.

use serde::{Deserialize, Serialize};
use vigie_profile::decision::HighScore;

/// Why decisions contradict their scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DecisionCause {
    /// All decisions are the same.
    OneWord { refused: bool },
    /// Nearly all decisions are the opposite of what the score calls for.
    Reversed,
    /// They follow another threshold.
    Threshold { followed: f64 },
    /// Single decisions, as people make them.
    Overrides,
}

/// Which decisions contradict score and threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Contradictions {
    /// Rows with a decision.
    pub rows: u64,
    /// Rows accepted and refused against the score.
    pub accepted: u64,
    pub refused: u64,
    pub threshold: f64,
    pub high_score: HighScore,
    pub cause: DecisionCause,
}
