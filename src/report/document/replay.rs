//! The `replay` section of `report.json`: logged scores compared with those of the model file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::challenger::{ChallengerSection, LoggedAndReplayed};
use crate::{
    replay::{Parity, Replay},
    report::words::Language,
};

/// Logged scores compared with those of the model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplaySection {
    /// Decisions of the model, if it is not the one that made the logged decisions.
    pub challenger: Option<ChallengerSection>,
    /// Hash of the model file that scored the rows.
    pub model_sha256: String,
    #[serde(flatten)]
    pub parity: ReportedParity,
}

/// Counts of compared rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedParity {
    /// Rows that were rescored.
    pub compared: u64,
    /// Decisions that differ from the model's by more than the log's rounding.
    pub decisions_flipped: u64,
    /// Differing rows, largest difference first.
    pub examples: Vec<ReportedPair>,
    /// Rounding included; null if no row was compared.
    pub max_abs_difference: Option<f64>,
    /// Rows whose logged score differs from the model's by more than the log's rounding.
    pub mismatches: u64,
    pub precision: ReportedPrecision,
    /// Refusal rates of the compared rows.
    pub refused_share: LoggedAndReplayed,
    /// Used rows of the window.
    pub rows: u64,
}

/// A row with both scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedPair {
    /// The row's id, or else its time.
    pub id: String,
    pub logged: Option<f64>,
    pub replayed: Option<f64>,
}

/// Precision of the logged scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedPrecision {
    pub decimals: Option<u8>,
    pub words: String,
}

impl ReplaySection {
    pub(super) fn new(replay: &Replay) -> Self {
        Self {
            challenger: replay.challenger.as_ref().map(ChallengerSection::new),
            model_sha256: replay.model_sha256.clone(),
            parity: ReportedParity::new(&replay.parity),
        }
    }
}

impl ReportedParity {
    pub(crate) fn new(parity: &Parity) -> Self {
        let (logged, replayed) = parity.refused();
        let pair = |one: &crate::replay::Example| ReportedPair {
            id: one.id.clone(),
            logged: Some(one.logged),
            replayed: Some(one.replayed),
        };
        Self {
            compared: parity.compared,
            decisions_flipped: parity.decisions_flipped,
            examples: parity.examples.iter().map(pair).collect(),
            max_abs_difference: parity.max_abs_difference,
            mismatches: parity.mismatches,
            precision: ReportedPrecision {
                decimals: parity.decimals,
                words: Language::English.logged_precision(&parity.precision),
            },
            refused_share: LoggedAndReplayed { logged, replayed },
            rows: parity.rows,
        }
    }
}
