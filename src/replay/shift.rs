//! Compares another model with the logged decisions: how scores shift, which decisions change, where, and at what cost.

use arrow_array::{Array, Float64Array};
use vigie_profile::{
    batch::Rows,
    decision::DecisionRule,
    layout::{Cells, Layout, Precision},
    profile::{CellCounts, scale},
};
use vigie_stats::EmptyBins;

use super::{
    quadrants::{Quadrants, ScorePrice, ScoreSource},
    segments::FeatureSegments,
};
use crate::drift::{FeatureDrift, compare_counts};

/// Counts of rows with two scores. Merging is commutative.
#[derive(Debug, Clone)]
pub struct ShiftTally {
    quadrants: Quadrants,
    /// Both scores on the reference's cells of the score.
    scores: Option<(CellCounts, CellCounts)>,
    /// By feature, then by segment.
    segments: Vec<Vec<Quadrants>>,
}

impl ShiftTally {
    /// An empty tally.
    #[must_use]
    pub fn empty(layout: &Layout, segments: &[FeatureSegments]) -> Self {
        let counts = |cells: &Cells| (CellCounts::empty(cells), CellCounts::empty(cells));
        Self {
            quadrants: Quadrants::default(),
            scores: layout.score().map(counts),
            segments: segments.iter().map(|of| vec![Quadrants::default(); of.labels.len()]).collect(),
        }
    }

    /// Counts rows with both scores. Their logged decisions are compared with those that `rule` makes on the new scores. Rows
    /// with the new score NaN are left out: the model's library refuses to score them.
    pub fn observe(
        &mut self,
        rows: &Rows,
        replayed: &[f64],
        rule: DecisionRule,
        layout: &Layout,
        segments: &[FeatureSegments],
    ) {
        let Some(logged) = &rows.probability else { return };
        let pairs = || {
            logged.iter().zip(replayed).zip(rule.decisions(rows)).map(|((logged, replayed), refused)| {
                let pair = Some((logged?, *replayed, (refused?, rule.refuses(*replayed))));
                pair.filter(|_| !replayed.is_nan())
            })
        };
        for (logged, replayed, refused) in pairs().flatten() {
            self.quadrants.observe(logged, replayed, refused);
        }
        for (tallies, of) in self.segments.iter_mut().zip(segments) {
            let places = of.assign(rows.features.get(of.feature).and_then(Option::as_ref), rows.len);
            for (pair, place) in pairs().zip(places) {
                if let (Some((logged, replayed, refused)), Some(tally)) = (pair, tallies.get_mut(place)) {
                    tally.observe(logged, replayed, refused);
                }
            }
        }
        if let (Some((ours, theirs)), Some(cells)) = (&mut self.scores, layout.score()) {
            let is_scored = |row: &usize| replayed.get(*row).is_some_and(|score| !score.is_nan());
            let scored: Vec<usize> = (0..logged.len()).filter(is_scored).collect();
            let logged = scored.iter().map(|row| logged.is_valid(*row).then(|| logged.value(*row)));
            let logged: Float64Array = logged.collect();
            let replayed: Float64Array = scored.iter().map(|row| replayed.get(*row).copied()).collect();
            ours.observe_array(&logged as &dyn Array, cells, &scale(cells), Precision::F64);
            theirs.observe_array(&replayed as &dyn Array, cells, &scale(cells), Precision::F64);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.quadrants.merge(&other.quadrants);
        if let (Some((ours, theirs)), Some((more, others))) = (&mut self.scores, &other.scores) {
            ours.merge(more);
            theirs.merge(others);
        }
        for (ours, theirs) in self.segments.iter_mut().flatten().zip(other.segments.iter().flatten()) {
            ours.merge(theirs);
        }
    }

    /// Summarises the counts.
    #[must_use]
    pub fn finish(&self, layout: &Layout, segments: &[FeatureSegments], price: ScorePrice, empty: EmptyBins) -> Shift {
        let drift = |(ours, theirs): &(CellCounts, CellCounts)| {
            Some(compare_counts(layout.score()?, ours, theirs, Precision::F64, empty))
        };
        let named =
            segments.iter().zip(&self.segments).flat_map(|(of, tallies)| {
                of.labels.iter().zip(tallies).filter(|(_, tally)| tally.all().rows > 0).map(|(label, tally)| {
                    SegmentShift { feature: of.name.clone(), label: label.clone(), quadrants: *tally }
                })
            });
        Shift {
            quadrants: self.quadrants,
            score: self.scores.as_ref().and_then(drift),
            segments: named.collect(),
            price,
        }
    }
}

/// Logged decisions compared with those of another model.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    pub quadrants: Quadrants,
    /// Distance of the new scores from the logged ones.
    pub score: Option<FeatureDrift>,
    /// Segments with at least one row.
    pub segments: Vec<SegmentShift>,
    pub price: ScorePrice,
}

/// Rows with one level, or in one bin, of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentShift {
    pub feature: String,
    pub label: String,
    pub quadrants: Quadrants,
}

impl Shift {
    /// Expected cost of the new decisions minus that of the logged ones, if the score `by` is the outcome's probability.
    #[must_use]
    pub fn cost_change(&self, of: &Quadrants, by: ScoreSource) -> f64 {
        of.cost(ScoreSource::Replayed, by, self.price) - of.cost(ScoreSource::Logged, by, self.price)
    }
}
