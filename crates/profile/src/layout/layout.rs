//! All features of a model as they are counted, with the hash that keeps strangers from being merged.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Cells, Column, Feature, Shape};

/// How the model compares numbers: values are rounded so before they are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As CatBoost does.
    F32,
    #[default]
    F64,
}

impl Precision {
    /// The value as the model sees it.
    #[must_use]
    pub fn round(self, value: f64) -> f64 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the point")]
            Self::F32 => f64::from(value as f32),
            Self::F64 => value,
        }
    }

    /// The greatest value below `value` that the model can tell from it.
    #[must_use]
    pub fn next_down(self, value: f64) -> f64 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "the value is an f32 already")]
            Self::F32 => f64::from((value as f32).next_down()),
            Self::F64 => value.next_down(),
        }
    }
}

/// First 16 hex digits of the SHA-256 of everything that decides where a value is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LayoutId(String);

impl fmt::Display for LayoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Learnt from the reference once; a window is counted on it and never changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    precision: Precision,
    features: Vec<Feature>,
    score: Option<Cells>,
    id: LayoutId,
}

impl Layout {
    /// `score`: the cells of the model's probability, when the reference has one.
    #[must_use]
    pub fn new(precision: Precision, features: Vec<Feature>, score: Option<Cells>) -> Self {
        let id = hash(precision, &features, score.as_ref());
        Self { precision, features, score, id }
    }

    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// In the order of the reference.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    #[must_use]
    pub fn score(&self) -> Option<&Cells> {
        self.score.as_ref()
    }

    #[must_use]
    pub fn id(&self) -> &LayoutId {
        &self.id
    }

    /// What a reader has to read, in the order of [`Self::features`].
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        self.features.iter().map(Feature::column).collect()
    }
}

fn hash(precision: Precision, features: &[Feature], score: Option<&Cells>) -> LayoutId {
    let mut sha = Sha256::new();
    let mut text = |text: &str| {
        sha.update((text.len() as u64).to_le_bytes());
        sha.update(text.as_bytes());
    };
    text(if precision == Precision::F32 { "f32" } else { "f64" });
    for feature in features {
        text(&feature.name);
        match &feature.shape {
            Shape::Numeric(_) => text("numeric"),
            Shape::Categorical(levels) => {
                text("categorical");
                levels.names().iter().for_each(|name| text(name));
            }
        }
    }
    if score.is_some() {
        text("score");
    }
    // A feature's numbers at once: a hash takes long over many little pieces.
    let mut bytes = Vec::new();
    let mut numbers = |cells: &Cells, end: &[f64]| {
        bytes.clear();
        let numbers = cells.edges().iter().chain(cells.cuts()).chain(end);
        bytes.extend(numbers.flat_map(|number| number.to_bits().to_le_bytes()));
        sha.update(&bytes);
    };
    for feature in features {
        if let Shape::Numeric(cells) = &feature.shape {
            numbers(cells, &[f64::NAN]);
        }
    }
    if let Some(cells) = score {
        numbers(cells, &[]);
    }
    LayoutId(sha.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
