//! The `replay` section of `report.json`: logged scores compared with those of the model file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::challenger::{ChallengerSection, LoggedAndReplayed};
use crate::{
    replay::{IterationsUsed, Parity, ParityCause, Replay, ScorePromise, UnitRatio},
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

/// The likely cause of differing scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedCause {
    /// The class whose probability the log has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Decimals after which the service cuts scores off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Features that are exchanged, lost, in another unit, or whose missing levels are not replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Boosting iterations that the service uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<IterationsUsed>,
    /// What it is: `swapped_columns`, `zeros_missing`, …
    pub kind: String,
    /// What the library reads of a feature, or the log of a score, in another unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<UnitRatio>,
    /// Number of the tree with another leaf, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<u64>,
    /// The number that is a missing value to the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    pub words: String,
}

/// How closely vigie's scores equal those of the model's own library. Parity is judged by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedPromise {
    /// Library and format of the model.
    pub library: String,
    /// Whether the library returns 32-bit floats.
    pub single: bool,
    /// Largest difference, relative to scores above 1; null: every bit is equal.
    pub tolerance: Option<f64>,
    pub words: String,
}

/// Counts of compared rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedParity {
    /// Why scores differ, if the rows show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<ReportedCause>,
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
    /// Rows that were not compared because the library refuses to score them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_scorable: u64,
    pub precision: ReportedPrecision,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<ReportedPromise>,
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
    /// −1 for tens, −2 for hundreds, and so on.
    pub decimals: Option<i8>,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_zero(rows: &u64) -> bool {
    *rows == 0
}

impl ReportedCause {
    fn new(cause: &ParityCause) -> Self {
        Self {
            class: match cause {
                ParityCause::AnotherClass { class } => Some(class.clone()),
                _ => None,
            },
            decimals: match cause {
                ParityCause::ScoresCut { decimals } => Some(*decimals),
                _ => None,
            },
            features: cause.features().into_iter().map(ToOwned::to_owned).collect(),
            iterations: match cause {
                ParityCause::Iterations { uses } => Some(*uses),
                _ => None,
            },
            kind: cause.kind().to_owned(),
            ratio: match cause {
                ParityCause::ScaledColumn { ratio, .. } | ParityCause::ScoresScaled { ratio } => Some(*ratio),
                _ => None,
            },
            tree: match cause {
                ParityCause::ChangedLeaf { tree } => Some(*tree),
                _ => None,
            },
            value: match cause {
                ParityCause::ValueMissing { value } => Some(*value),
                _ => None,
            },
            words: Language::English.parity_cause(cause),
        }
    }
}

impl ReportedPromise {
    fn new(promise: &ScorePromise) -> Self {
        let tolerance = promise.tolerance;
        Self {
            library: promise.library.clone(),
            single: tolerance.is_single,
            tolerance: (tolerance.within > 0.0).then_some(tolerance.within),
            words: Language::English.score_promise(promise),
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
            cause: parity.cause.as_ref().map(ReportedCause::new),
            compared: parity.compared,
            decisions_flipped: parity.decisions_flipped,
            examples: parity.examples.iter().map(pair).collect(),
            max_abs_difference: parity.max_abs_difference,
            mismatches: parity.mismatches,
            not_scorable: parity.not_scorable,
            precision: ReportedPrecision {
                decimals: parity.decimals,
                words: Language::English.logged_precision(&parity.precision),
            },
            promise: parity.promise.as_ref().map(ReportedPromise::new),
            refused_share: LoggedAndReplayed { logged, replayed },
            rows: parity.rows,
        }
    }
}
