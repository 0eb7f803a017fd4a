//! The PSI bins of a feature with the rows of both sides: what an auditor re-computes PSI from.

use vigie_stats::Place;

/// What a bin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinKind {
    Atom,
    Interval,
    /// Guard: below the reference's minimum.
    Below,
    /// Guard: above the reference's maximum.
    Above,
    Missing,
    Level,
    /// Levels under 1 % of the reference's rows, together.
    Rare,
    Unseen,
}

impl BinKind {
    /// The word in the report.
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

    /// Whether it stands between other values, or for something values have no place for.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Self::Atom | Self::Interval | Self::Level | Self::Rare => Place::Value,
            Self::Below | Self::Above | Self::Missing | Self::Unseen => Place::Special,
        }
    }
}

/// One bin: `(lower, upper]`, an atom has `lower == upper`; `None` is unbounded or no number.
#[derive(Debug, Clone, PartialEq)]
pub struct BinCount {
    pub kind: BinKind,
    pub label: String,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub reference: u64,
    pub window: u64,
    /// What the bin adds to PSI.
    pub contribution: f64,
}

impl BinCount {
    pub(super) fn new(kind: BinKind, label: impl Into<String>, reference: u64, window: u64) -> Self {
        Self { kind, label: label.into(), lower: None, upper: None, reference, window, contribution: 0.0 }
    }
}
