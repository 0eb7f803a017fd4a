//! Why logged scores differ from the model's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The likely cause: the first change to the model or its inputs under which the model gives the logged scores.
///
/// It is stored in the ledger: a variant or field may be added, but not renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ParityCause {
    /// The log has the probability of the other one of two classes.
    OtherClass,
    /// The log has the probability of another one of several classes.
    AnotherClass { class: String },
    /// The log has the raw score, before the function that makes a probability of it.
    RawScores,
    /// The log has the score in another unit.
    ScoresScaled { ratio: UnitRatio },
    /// The service cuts scores off after this number of decimals, instead of rounding them.
    ScoresCut { decimals: u8 },
    /// The service uses other boosting iterations of the file.
    Iterations { uses: IterationsUsed },
    /// The service rounds numbers to 32-bit floats before it passes them to the library.
    InputsRounded,
    /// The service does not do so, although the options say it does.
    InputsNotRounded,
    /// Zeros are missing to the library, as in sparse rows.
    ZerosMissing,
    /// Missing numbers are zeros to the library.
    MissingZeros,
    /// This number is a missing value to the library.
    ValueMissing { value: i64 },
    /// Missing levels of these features are missing to the library too, instead of being replaced by a word.
    LevelsMissing { features: Vec<String> },
    /// The library reads the columns by their order, and they are in the alphabetical one.
    ColumnsSorted,
    /// Two features are exchanged.
    SwappedColumns { first: String, second: String },
    /// One feature is always missing to the library.
    LostColumn { feature: String },
    /// One feature is always zero to the library.
    ZeroColumn { feature: String },
    /// One feature reaches the library in another unit.
    ScaledColumn { feature: String, ratio: UnitRatio },
    /// One leaf has another value. Trees are numbered from 1.
    ChangedLeaf { tree: u64 },
    /// None of these, and nearly every score differs. `similar`: whether both rank the rows alike, as versions of one model
    /// do.
    OtherModel { similar: bool },
}

/// Boosting iterations that a service uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IterationsUsed {
    /// All in the file.
    All,
    /// Up to the best one.
    Best,
    /// Those that the library uses by default.
    Default,
    /// The first ones.
    First(u32),
}

/// What the value of a feature that the library reads is, compared with the logged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitRatio {
    /// The logged value times this number.
    Times(u32),
    /// The logged value divided by this number.
    Over(u32),
    /// The logged value with the other sign.
    Negated,
}

impl UnitRatio {
    /// Numbers by which units differ, the likelier ones first.
    const USUAL: [u32; 10] = [12, 1000, 100, 10, 365, 30, 7, 24, 60, 52];

    /// All ratios that are tried.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let both = Self::USUAL.into_iter().flat_map(|by| [Self::Times(by), Self::Over(by)]);
        both.chain([Self::Negated])
    }

    /// Converts a logged value.
    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Self::Times(by) => value * f64::from(by),
            Self::Over(by) => value / f64::from(by),
            Self::Negated => -value,
        }
    }
}

impl ParityCause {
    /// The word of the cause in reports.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OtherClass => "other_class",
            Self::AnotherClass { .. } => "another_class",
            Self::RawScores => "raw_scores",
            Self::ScoresScaled { .. } => "scores_scaled",
            Self::ScoresCut { .. } => "scores_cut",
            Self::Iterations { .. } => "iterations",
            Self::InputsRounded => "inputs_rounded",
            Self::InputsNotRounded => "inputs_not_rounded",
            Self::ZerosMissing => "zeros_missing",
            Self::MissingZeros => "missing_zeros",
            Self::ValueMissing { .. } => "value_missing",
            Self::LevelsMissing { .. } => "levels_missing",
            Self::ColumnsSorted => "columns_sorted",
            Self::SwappedColumns { .. } => "swapped_columns",
            Self::LostColumn { .. } => "lost_column",
            Self::ZeroColumn { .. } => "zero_column",
            Self::ScaledColumn { .. } => "scaled_column",
            Self::ChangedLeaf { .. } => "changed_leaf",
            Self::OtherModel { .. } => "other_model",
        }
    }

    /// Where the cause is.
    #[must_use]
    pub fn place(&self) -> CausePlace {
        match self {
            Self::OtherClass
            | Self::AnotherClass { .. }
            | Self::RawScores
            | Self::ScoresScaled { .. }
            | Self::ScoresCut { .. }
            | Self::Iterations { .. }
            | Self::InputsRounded
            | Self::InputsNotRounded
            | Self::LevelsMissing { .. } => CausePlace::Reading,
            Self::ZerosMissing
            | Self::MissingZeros
            | Self::ValueMissing { .. }
            | Self::ColumnsSorted
            | Self::SwappedColumns { .. }
            | Self::LostColumn { .. }
            | Self::ZeroColumn { .. }
            | Self::ScaledColumn { .. } => CausePlace::Inputs,
            Self::ChangedLeaf { .. } | Self::OtherModel { .. } => CausePlace::Model,
        }
    }

    /// The features that it is about.
    #[must_use]
    pub fn features(&self) -> Vec<&str> {
        match self {
            Self::SwappedColumns { first, second } => vec![first, second],
            Self::LostColumn { feature } | Self::ZeroColumn { feature } | Self::ScaledColumn { feature, .. } => {
                vec![feature]
            }
            Self::LevelsMissing { features } => features.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// Where the cause of differing scores is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CausePlace {
    /// The same file, read or returned in another way.
    Reading,
    /// What the service does to the inputs between the log and the model.
    Inputs,
    /// Another file.
    Model,
}
