//! The kinds of changes, by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{drift::Change, judge::Test};

/// Kind of a [`Change`], without its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoryKind {
    Absent,
    Gap,
    Filled,
    Unit,
    Sentinel,
    Atom,
    Constant,
    Spelling,
    NewLevel,
    Merged,
    Stale,
    Repeated,
    Factor,
    Offset,
    Shift,
}

impl StoryKind {
    #[must_use]
    pub fn new(change: &Change) -> Self {
        match change {
            Change::Absent => Self::Absent,
            Change::Gap { .. } => Self::Gap,
            Change::Filled { .. } => Self::Filled,
            Change::Sentinel { .. } => Self::Sentinel,
            Change::Atom { .. } => Self::Atom,
            Change::Unit { .. } => Self::Unit,
            Change::Factor { .. } => Self::Factor,
            Change::Offset { .. } => Self::Offset,
            Change::Spelling { .. } => Self::Spelling,
            Change::NewLevel { .. } => Self::NewLevel,
            Change::Constant { .. } => Self::Constant,
            Change::Merged { .. } => Self::Merged,
            Change::Stale { .. } => Self::Stale,
            Change::Repeated { .. } => Self::Repeated,
            Change::Shift => Self::Shift,
        }
    }

    /// Returns the name used in reports and in the terminal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Gap => "gap",
            Self::Filled => "filled",
            Self::Unit => "unit",
            Self::Sentinel => "sentinel",
            Self::Atom => "atom",
            Self::Constant => "constant",
            Self::Spelling => "spelling",
            Self::NewLevel => "new_level",
            Self::Merged => "merged",
            Self::Stale => "stale",
            Self::Repeated => "repeated",
            Self::Factor => "factor",
            Self::Offset => "offset",
            Self::Shift => "shift",
        }
    }

    /// Returns the test under which alerts list the story: whether values are there, whether they are old, or what they are. Between two windows a
    /// gap may become an absence, or a shift a factor, without being something else.
    #[must_use]
    pub fn test(self) -> Test {
        match self {
            Self::Absent | Self::Gap | Self::Filled => Test::Presence,
            Self::Stale => Test::Stale,
            Self::Unit
            | Self::Sentinel
            | Self::Atom
            | Self::Constant
            | Self::Spelling
            | Self::NewLevel
            | Self::Merged
            | Self::Repeated
            | Self::Factor
            | Self::Offset
            | Self::Shift => Test::Values,
        }
    }

    /// Returns whether a move of the distribution is all that is known, so that related features decide what caused it.
    pub(super) fn is_move(self) -> bool {
        matches!(self, Self::Factor | Self::Shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_names_in_json() {
        use StoryKind::{
            Absent, Atom, Constant, Factor, Filled, Gap, Merged, NewLevel, Offset, Repeated, Sentinel, Shift, Spelling,
            Stale, Unit,
        };
        let of_values = [Unit, Sentinel, Atom, Constant, Factor, Offset, Shift];
        for kind in of_values.into_iter().chain([Absent, Gap, Filled, Spelling, NewLevel, Merged, Stale, Repeated]) {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
        let change = serde_json::to_value(Change::NewLevel { level: None, others: 0, extent: 0.5 }).unwrap();
        assert_eq!(change["kind"], NewLevel.word());
    }
}
