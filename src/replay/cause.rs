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
    /// Two features are exchanged.
    SwappedColumns { first: String, second: String },
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
}

impl ParityCause {
    /// The word of the cause in reports.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OtherClass => "other_class",
            Self::Iterations { .. } => "iterations",
            Self::InputsRounded => "inputs_rounded",
            Self::InputsNotRounded => "inputs_not_rounded",
            Self::ZerosMissing => "zeros_missing",
            Self::MissingZeros => "missing_zeros",
            Self::SwappedColumns { .. } => "swapped_columns",
            Self::ChangedLeaf { .. } => "changed_leaf",
            Self::OtherModel { .. } => "other_model",
        }
    }

    /// Where the cause is.
    #[must_use]
    pub fn place(&self) -> CausePlace {
        match self {
            Self::OtherClass | Self::Iterations { .. } | Self::InputsRounded | Self::InputsNotRounded => {
                CausePlace::Reading
            }
            Self::ZerosMissing | Self::MissingZeros | Self::SwappedColumns { .. } => CausePlace::Inputs,
            Self::ChangedLeaf { .. } | Self::OtherModel { .. } => CausePlace::Model,
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
