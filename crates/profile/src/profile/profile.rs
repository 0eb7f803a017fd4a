//! The counts of some rows over all features: empty, observe, merge — nothing else combines them.

use std::ops::Range;

use arrow_array::{Array, Float64Array};

use super::{CellCounts, LevelCounts, Scale};
use crate::{
    batch::Rows,
    layout::{Cells, Feature, Layout, LayoutId, Precision, Shape},
};

/// Counts of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    Numeric(CellCounts),
    Categorical(LevelCounts),
}

/// Counts of some used rows. Merging is exact, commutative and associative, so threads (and a
/// distributed engine) cannot change an answer. Profiles of two layouts do not merge.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    layout: LayoutId,
    rows: u64,
    features: Vec<Counts>,
    score: Option<CellCounts>,
    refused: u64,
}

/// The scale of a feature's sums, from its cells alone.
#[must_use]
pub fn scale(cells: &Cells) -> Scale {
    Scale::of_edges(cells.edges())
}

impl Profile {
    /// No row counted yet.
    #[must_use]
    pub fn empty(layout: &Layout) -> Self {
        let features = layout.features().iter().map(Counts::empty).collect();
        Self {
            layout: layout.id().clone(),
            rows: 0,
            features,
            score: layout.score().map(CellCounts::empty),
            refused: 0,
        }
    }

    /// From stored parts; `rows` is the number of rows every feature was counted over.
    #[must_use]
    pub fn from_parts(layout: &Layout, rows: u64, counts: Vec<Counts>, score: Option<CellCounts>) -> Self {
        Self { layout: layout.id().clone(), rows, features: counts, score, refused: 0 }
    }

    /// Counts used rows; refused are those with a probability at or above `threshold`.
    pub fn observe(&mut self, rows: &Rows, layout: &Layout, threshold: f64) {
        self.observe_rows(rows.len as u64, rows.probability.as_ref(), layout, threshold);
        self.observe_features(0..layout.features().len(), rows, layout);
    }

    /// Counts used rows and their scores, but not their features: those have to follow, each once.
    pub fn observe_rows(&mut self, rows: u64, probability: Option<&Float64Array>, layout: &Layout, threshold: f64) {
        self.rows += rows;
        if let (Some(counts), Some(cells), Some(score)) = (&mut self.score, layout.score(), probability) {
            counts.observe_array(score, cells, &scale(cells), Precision::F64);
            self.refused += refused(score, threshold);
        }
    }

    /// Counts some features of used rows; `rows` holds those alone.
    pub fn observe_features(&mut self, which: Range<usize>, rows: &Rows, layout: &Layout) {
        let features = self.features.iter_mut().zip(layout.features()).take(which.end).skip(which.start);
        for (index, (counts, feature)) in features.enumerate() {
            match rows.features.get(index).and_then(Option::as_ref) {
                Some(column) => counts.observe(column.as_ref(), feature, layout.precision()),
                None => counts.observe_missing(rows.len as u64),
            }
        }
    }

    /// Fails when it was not counted on this layout.
    pub fn is_on(&self, layout: &LayoutId) -> Result<(), String> {
        if self.layout == *layout {
            return Ok(());
        }
        Err(format!("counts on layout {} do not add to counts on {layout}", self.layout))
    }

    /// Adds the other's counts. Fails when it was counted on another layout.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        other.is_on(&self.layout)?;
        self.rows += other.rows;
        self.refused += other.refused;
        for (ours, theirs) in self.features.iter_mut().zip(&other.features) {
            match (ours, theirs) {
                (Counts::Numeric(ours), Counts::Numeric(theirs)) => ours.merge(theirs),
                (Counts::Categorical(ours), Counts::Categorical(theirs)) => ours.merge(theirs),
                _ => return Err("one layout, two kinds of the same feature".to_owned()),
            }
        }
        if let (Some(ours), Some(theirs)) = (&mut self.score, &other.score) {
            ours.merge(theirs);
        }
        Ok(())
    }

    /// All used rows, missing values included.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// In the layout's order.
    #[must_use]
    pub fn features(&self) -> &[Counts] {
        &self.features
    }

    #[must_use]
    pub fn score(&self) -> Option<&CellCounts> {
        self.score.as_ref()
    }

    /// Rows at or above the threshold.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

impl Counts {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(feature: &Feature) -> Self {
        match &feature.shape {
            Shape::Numeric(cells) => Self::Numeric(CellCounts::empty(cells)),
            Shape::Categorical(levels) => Self::Categorical(LevelCounts::empty(levels)),
        }
    }

    fn observe(&mut self, column: &dyn Array, feature: &Feature, precision: Precision) {
        match (self, &feature.shape) {
            (Self::Numeric(counts), Shape::Numeric(cells)) => {
                counts.observe_array(column, cells, &scale(cells), precision);
            }
            (Self::Categorical(counts), Shape::Categorical(levels)) => counts.observe_array(column, levels),
            // A profile is made from its layout, so this cannot be; counting nothing is the safe answer.
            _ => debug_assert!(false, "a profile and its layout disagree on {}", feature.name),
        }
    }

    fn observe_missing(&mut self, rows: u64) {
        match self {
            Self::Numeric(counts) => counts.observe_missing(rows),
            Self::Categorical(counts) => counts.observe_missing(rows),
        }
    }
}

fn refused(score: &Float64Array, threshold: f64) -> u64 {
    score.iter().flatten().filter(|probability| *probability >= threshold).count() as u64
}
