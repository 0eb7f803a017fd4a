//! The features of a model as they are counted, with a hash that prevents merging counts of different layouts.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[cfg(doc)]
use super::Levels;
use super::{Cells, Column, Feature, Precision, Shape};

/// Hash of everything that determines where a value is counted: the first 16 hex digits of a SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LayoutId(String);

impl fmt::Display for LayoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Features and score of a model as they are counted. Learnt once from the reference; windows are counted on it but
/// never change it.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    precision: Precision,
    features: Vec<Feature>,
    score: Option<Cells>,
    id: LayoutId,
}

impl Layout {
    /// Creates a layout; `score` holds the cells of the model's probability, if the reference has one.
    #[must_use]
    pub fn new(precision: Precision, features: Vec<Feature>, score: Option<Cells>) -> Self {
        let id = hash(precision, &features, score.as_ref());
        Self { precision, features, score, id }
    }

    /// Precision in which the model compares numbers.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Features in the order of the reference.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Cells of the score, if the reference has one.
    #[must_use]
    pub fn score(&self) -> Option<&Cells> {
        self.score.as_ref()
    }

    /// Hash of the layout.
    #[must_use]
    pub fn id(&self) -> &LayoutId {
        &self.id
    }

    /// Counts missing values of some categorical features as one of their levels: see [`Levels::count_missing_as`].
    pub fn count_missing_as(&mut self, level: impl Fn(usize, &Feature) -> Option<String>) {
        for (index, feature) in self.features.iter_mut().enumerate() {
            let Some(level) = level(index, feature) else { continue };
            if let Shape::Categorical(levels) = &mut feature.shape {
                levels.count_missing_as(&level);
            }
        }
    }

    /// Columns to read, in the order of [`Self::features`].
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
    // All numbers of a feature in one update: hashing many small pieces is slow.
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
