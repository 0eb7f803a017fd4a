//! Precision in which a model compares numbers.

use serde::{Deserialize, Serialize};

/// Precision in which the model compares numbers; values are rounded to it before they are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As in CatBoost.
    F32,
    #[default]
    F64,
}

impl Precision {
    /// Rounds a value as the model does.
    #[must_use]
    pub fn round(self, value: f64) -> f64 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is intended")]
            Self::F32 => f64::from(value as f32),
            Self::F64 => value,
        }
    }

    /// Largest value below `value` that the model distinguishes from it.
    #[must_use]
    pub fn next_down(self, value: f64) -> f64 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "the value is an f32 already")]
            Self::F32 => f64::from((value as f32).next_down()),
            Self::F64 => value.next_down(),
        }
    }
}
