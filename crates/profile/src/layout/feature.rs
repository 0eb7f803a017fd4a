//! One input of the model: its name, its declared kind, and how its values are counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cells, Levels};

/// Declared once, at `learn`; never guessed from what a window happens to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// What a reader has to know of a feature: its name in the log, and how to read its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// How the values of a feature are counted.
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
    /// The declared kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.shape {
            Shape::Numeric(_) => Kind::Numeric,
            Shape::Categorical(_) => Kind::Categorical,
        }
    }

    /// What a reader has to know.
    #[must_use]
    pub fn column(&self) -> Column {
        Column { name: self.name.clone(), kind: self.kind() }
    }
}
