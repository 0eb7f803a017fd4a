//! The cause of a story, as far as it is known, and the reasons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

/// What caused a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorySide {
    /// The way from the applicant to the model: a source, a join, a unit, a default value.
    Pipeline,
    /// The applicants are others.
    Population,
    /// The cause is unknown.
    Unknown,
}

/// Evidence for a side, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StoryReason {
    /// No record has the field.
    FieldGone,
    /// At least 90% of the values are gone.
    Emptied,
    /// A part of the values is gone, and no change of the applicants explains it.
    PartlyEmptied,
    /// Values are present that the reference leads to expect to be missing, and no change of the applicants explains it.
    Filled,
    /// It concerns all features of one source.
    WholeBlock,
    /// The factor is that of another unit.
    Unit,
    /// The value that appeared is outside the reference's range.
    OutOfRange,
    /// Other spellings of known levels.
    Respelled,
    /// One value in all rows of a numeric feature.
    Constant,
    /// Rows have the values of rows of the previous window.
    Repeated,
    /// Many rows of a block have the values of one row.
    OneAnswer,
    /// The rows of a level that is gone have another one.
    LevelMerged,
    /// It began inside the window.
    Began { at: Instant },
    /// It began and ended inside the window.
    Passed { from: Instant, until: Instant },
    /// A feature that usually moves along did not.
    StoodStill { feature: String },
    /// Related features moved along: at most three of them.
    MovedAlong { features: Vec<String> },
    /// Several features are multiplied by the same factor, which may be a currency, inflation or other applicants.
    SharedFactor,
    /// Features on different scales moved by the same amount.
    SharedOffset,
    /// The applicants changed as well, which may be why values are missing; the feature that shows it most.
    PopulationMoved { feature: String },
    /// The value may be a true one.
    PlausibleValue,
    /// A level may be a new product or a new code.
    NewLevel,
    /// No row has a level any more that many had, and no other level has its rows.
    LevelGone { level: String },
    /// No feature is related closely enough.
    NoRelative,
    /// There are too few rows to compare with related features.
    TooFewRows,
    /// Related features neither follow nor stand still.
    Mixed,
}
