//! Counts of a set of rows over all features, built with `empty`, `observe` and `merge`.

use arrow_array::Array;

use super::{CellCounts, LevelCounts, Scale};
use crate::{
    batch::Rows,
    decision::DecisionRule,
    layout::{Cells, Feature, Layout, LayoutId, Precision, Shape},
};

/// Counts of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    Numeric(CellCounts),
    Categorical(LevelCounts),
}

/// Counts of a set of used rows. Merging is exact, commutative and associative, so the result does not depend on how
/// rows are split over threads or machines. Profiles on different layouts do not merge.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    layout: LayoutId,
    rows: u64,
    features: Vec<Counts>,
    score: Option<CellCounts>,
    refused: u64,
}

/// Scale of a feature's sums, derived from its cells alone.
#[must_use]
pub fn scale(cells: &Cells) -> Scale {
    Scale::from_edges(cells.edges())
}

impl Profile {
    /// Creates a profile without rows.
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

    /// Restores a stored profile; `rows` is the number of rows over which every feature was counted.
    #[must_use]
    pub fn from_parts(layout: &Layout, rows: u64, counts: Vec<Counts>, score: Option<CellCounts>) -> Self {
        Self { layout: layout.id().clone(), rows, features: counts, score, refused: 0 }
    }

    /// Restores the number of stored rows that were refused.
    #[must_use]
    pub fn with_refused(self, refused: u64) -> Self {
        Self { refused, ..self }
    }

    /// Counts used rows. `rule` decides those without a logged decision; a threshold alone is a rule by which high scores are
    /// refused.
    pub fn observe(&mut self, rows: &Rows, layout: &Layout, rule: impl Into<DecisionRule>) {
        self.observe_rows(rows, layout, rule.into());
        self.observe_features(0..layout.features().len(), rows, layout);
    }

    /// Counts used rows and their scores, but not their features; [`Self::observe_features`] must then be called once
    /// for every feature.
    pub fn observe_rows(&mut self, rows: &Rows, layout: &Layout, rule: DecisionRule) {
        self.rows += rows.len as u64;
        if let (Some(counts), Some(cells), Some(score)) = (&mut self.score, layout.score(), &rows.probability) {
            counts.observe_array(score, cells, &scale(cells), Precision::F64);
            self.refused += match &rows.refused {
                Some(_) => rule.decisions(rows).filter(|refused| *refused == Some(true)).count() as u64,
                None => score.iter().flatten().filter(|score| rule.refuses(*score)).count() as u64,
            };
        }
    }

    /// Counts some features of used rows, by their positions in the layout; `rows` holds only those features.
    pub fn observe_features(&mut self, which: impl IntoIterator<Item = usize>, rows: &Rows, layout: &Layout) {
        for (place, index) in which.into_iter().enumerate() {
            let (Some(counts), Some(feature)) = (self.features.get_mut(index), layout.features().get(index)) else {
                continue;
            };
            match rows.features.get(place).and_then(Option::as_ref) {
                Some(column) => counts.observe(column.as_ref(), feature, layout.precision()),
                None => counts.observe_missing(rows.len as u64),
            }
        }
    }

    /// Layout that the rows were counted on.
    #[must_use]
    pub fn layout_id(&self) -> &LayoutId {
        &self.layout
    }

    /// Fails if the profile was counted on a different layout.
    pub fn check_layout(&self, layout: &LayoutId) -> Result<(), String> {
        if self.layout == *layout {
            return Ok(());
        }
        Err(format!("counts on layout {} cannot be added to counts on layout {layout}", self.layout))
    }

    /// Adds the other's counts. Fails if it was counted on a different layout.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        other.check_layout(&self.layout)?;
        self.rows += other.rows;
        self.refused += other.refused;
        for (ours, theirs) in self.features.iter_mut().zip(&other.features) {
            match (ours, theirs) {
                (Counts::Numeric(ours), Counts::Numeric(theirs)) => ours.merge(theirs),
                (Counts::Categorical(ours), Counts::Categorical(theirs)) => ours.merge(theirs),
                _ => return Err("two profiles on one layout have different kinds for the same feature".to_owned()),
            }
        }
        if let (Some(ours), Some(theirs)) = (&mut self.score, &other.score) {
            ours.merge(theirs);
        }
        Ok(())
    }

    /// Number of used rows, including those with missing values.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Counts per feature, in the order of the layout.
    #[must_use]
    pub fn features(&self) -> &[Counts] {
        &self.features
    }

    /// Counts of the score, if the layout has one.
    #[must_use]
    pub fn score(&self) -> Option<&CellCounts> {
        self.score.as_ref()
    }

    /// Number of refused rows.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

impl Counts {
    /// Creates empty counts for a feature.
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
            // A profile is built from its layout, so this cannot happen; counting nothing is the safe fallback.
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
