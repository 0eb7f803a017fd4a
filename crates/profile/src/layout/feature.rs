//! A model input: its name, its kind, and how its values are counted.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cells, Levels};

/// Kind of a feature. Fixed by `vigie learn`, never inferred from a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Numeric,
    Categorical,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Numeric => "numeric",
            Self::Categorical => "categorical",
        })
    }
}

/// A column for a reader: the feature's name in the log and the kind of its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    #[serde(skip)]
    pub spelling: LevelSpelling,
}

/// How a reader spells the levels of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LevelSpelling {
    /// As references and profiles do: `1`, `1.0` and `true` are one level, and the texts for a missing value are missing.
    #[default]
    Canonical,
    /// Texts as the log has them, for a model that distinguishes such levels. Other values are canonical.
    AsWritten,
}

/// Cells or levels on which a feature is counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Numeric(Cells),
    Categorical(Levels),
}

/// One feature of a [`super::Layout`].
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    pub name: String,
    pub shape: Shape,
}

impl Feature {
    /// Kind of the feature.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.shape {
            Shape::Numeric(_) => Kind::Numeric,
            Shape::Categorical(_) => Kind::Categorical,
        }
    }

    /// Name and kind, for a reader.
    #[must_use]
    pub fn column(&self) -> Column {
        Column { name: self.name.clone(), kind: self.kind(), spelling: LevelSpelling::Canonical }
    }
}
