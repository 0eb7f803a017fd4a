//! The PSI bins of a feature with the row counts of both sides: enough for an auditor to recompute PSI.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::BinRole;

/// Kind of a PSI bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PsiBinKind {
    Atom,
    Interval,
    /// Guard: below the reference's minimum.
    Below,
    /// Guard: above the reference's maximum.
    Above,
    Missing,
    Level,
    /// Levels with less than 1% of the reference's rows, pooled.
    Rare,
    Unseen,
}

impl PsiBinKind {
    /// Returns the name used in the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Atom => "atom",
            Self::Interval => "interval",
            Self::Below => "below",
            Self::Above => "above",
            Self::Missing => "missing",
            Self::Level => "level",
            Self::Rare => "rare",
            Self::Unseen => "unseen",
        }
    }

    /// Returns whether the bin holds ordinary values, which have neighbours, or a special case.
    #[must_use]
    pub fn role(self) -> BinRole {
        match self {
            Self::Atom | Self::Interval | Self::Level | Self::Rare => BinRole::Value,
            Self::Below | Self::Above | Self::Missing | Self::Unseen => BinRole::Special,
        }
    }
}

/// One bin, `(lower, upper]`. An atom has `lower == upper`; `None` is unbounded or not a number.
#[derive(Debug, Clone, PartialEq)]
pub struct BinCount {
    pub kind: PsiBinKind,
    pub label: String,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub reference: u64,
    pub window: u64,
    /// The bin's term of the PSI sum.
    pub contribution: f64,
}

impl BinCount {
    pub(super) fn new(kind: PsiBinKind, label: impl Into<String>, reference: u64, window: u64) -> Self {
        Self { kind, label: label.into(), lower: None, upper: None, reference, window, contribution: 0.0 }
    }
}
