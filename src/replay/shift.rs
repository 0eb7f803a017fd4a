//! What another model would have made of logged rows: how scores shift, which decisions change, where, at what price.

use arrow_array::{Array, Float64Array};
use vigie_profile::{
    batch::Rows,
    layout::{Cells, Layout, Precision},
    profile::{CellCounts, scale},
};
use vigie_stats::{EmptyBins, Price};

use super::{
    quadrants::{Quadrants, Score},
    segments::Segments,
};
use crate::drift::{FeatureDrift, between};

/// Two scores a row, counted. Merging is commutative.
#[derive(Debug, Clone)]
pub struct ShiftTally {
    quadrants: Quadrants,
    /// Both scores on the reference's cells of the score.
    scores: Option<(CellCounts, CellCounts)>,
    /// By feature, then by segment.
    segments: Vec<Vec<Quadrants>>,
}

impl ShiftTally {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(layout: &Layout, segments: &[Segments]) -> Self {
        let counts = |cells: &Cells| (CellCounts::empty(cells), CellCounts::empty(cells));
        Self {
            quadrants: Quadrants::default(),
            scores: layout.score().map(counts),
            segments: segments.iter().map(|of| vec![Quadrants::default(); of.labels.len()]).collect(),
        }
    }

    /// Counts rows with both scores.
    pub fn observe(&mut self, rows: &Rows, replayed: &[f64], threshold: f64, layout: &Layout, segments: &[Segments]) {
        let Some(logged) = &rows.probability else { return };
        let pairs = || logged.iter().zip(replayed).map(|(logged, replayed)| Some((logged?, *replayed)));
        for (logged, replayed) in pairs().flatten() {
            self.quadrants.observe(logged, replayed, threshold);
        }
        for (tallies, of) in self.segments.iter_mut().zip(segments) {
            let places = of.of_rows(rows.features.get(of.feature).and_then(Option::as_ref), rows.len);
            for (pair, place) in pairs().zip(places) {
                if let (Some((logged, replayed)), Some(tally)) = (pair, tallies.get_mut(place)) {
                    tally.observe(logged, replayed, threshold);
                }
            }
        }
        if let (Some((ours, theirs)), Some(cells)) = (&mut self.scores, layout.score()) {
            let replayed = Float64Array::from(replayed.to_vec());
            ours.observe_array(logged as &dyn Array, cells, &scale(cells), Precision::F64);
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

    /// What was found.
    #[must_use]
    pub fn told(&self, layout: &Layout, segments: &[Segments], price: Price, empty: EmptyBins) -> Shift {
        let drift = |(ours, theirs): &(CellCounts, CellCounts)| {
            Some(between(layout.score()?, ours, theirs, Precision::F64, empty))
        };
        let named = segments.iter().zip(&self.segments).flat_map(|(of, tallies)| {
            of.labels.iter().zip(tallies).filter(|(_, tally)| tally.all().rows > 0).map(|(label, tally)| Segment {
                feature: of.name.clone(),
                label: label.clone(),
                quadrants: *tally,
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

/// Logged decisions against those of another model.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    pub quadrants: Quadrants,
    /// The distance of the new scores from the logged ones.
    pub score: Option<FeatureDrift>,
    /// Those that hold rows.
    pub segments: Vec<Segment>,
    pub price: Price,
}

/// The rows of one level, or one bin, of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub feature: String,
    pub label: String,
    pub quadrants: Quadrants,
}

impl Shift {
    /// How much more the new decisions are expected to cost than the logged ones, if `by` is the probability.
    #[must_use]
    pub fn cost_change(&self, of: &Quadrants, by: Score) -> f64 {
        of.cost(Score::Replayed, by, self.price) - of.cost(Score::Logged, by, self.price)
    }
}
