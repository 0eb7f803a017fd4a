//! How logged inputs differ from the feature table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drift::CommonValue;

/// How the unequal rows of a feature differ from the feature table: what at least 90% of them have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SkewKind {
    /// The table has a value, the log has none.
    MissingInLog,
    /// The log has values, the table has none.
    MissingInTable,
    /// The log has one value where the table has others, or none: a sentinel that was not cleaned, a default.
    Constant {
        value: CommonValue,
        /// Whether it is in place of missing values.
        of_missing: bool,
    },
    /// Logged values are the table's, multiplied by a factor: another unit.
    Factor { factor: f64 },
    /// Logged values are the table's, plus an amount.
    Offset { by: f64 },
    /// Levels are logged under other names, one to one.
    Renamed {
        /// The commonest ones first, at most five.
        levels: Vec<RenamedLevel>,
        /// Number of further ones.
        more: usize,
    },
    /// None of these: values of another day or of another row, for example.
    Other,
}

/// A level of the feature table that the log has under another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenamedLevel {
    /// `None` if redacted, like `logged`: levels may be free text.
    pub stored: Option<String>,
    pub logged: Option<String>,
    pub rows: u64,
}

impl SkewKind {
    /// Returns the kind without the text of levels.
    #[must_use]
    pub fn redacted(self) -> Self {
        match self {
            Self::Constant { value, of_missing } => Self::Constant { value: value.redacted(), of_missing },
            Self::Renamed { levels, more } => {
                let hidden = |level: RenamedLevel| RenamedLevel { stored: None, logged: None, rows: level.rows };
                Self::Renamed { levels: levels.into_iter().map(hidden).collect(), more }
            }
            kind @ (Self::MissingInLog
            | Self::MissingInTable
            | Self::Factor { factor: _ }
            | Self::Offset { by: _ }
            | Self::Other) => kind,
        }
    }
}

/// Share of the unequal rows that a kind must explain.
const NEARLY_ALL: f64 = 0.9;
/// With fewer unequal rows, a common value, factor or amount may be that of single rows.
pub(super) const MIN_ROWS: u64 = 5;

/// Whether `rows` are nearly all of `all`.
pub(super) fn are_nearly_all(rows: u64, all: u64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (rows, all) = (rows as f64, all as f64);
    all > 0.0 && rows >= NEARLY_ALL * all
}
