//! Mergeable counts of each segment and, if requested, the scores of its rows.

use arrow_array::{BooleanArray, cast::AsArray};
use arrow_schema::ArrowError;
use arrow_select::filter::filter;

use super::Segments;
use crate::{batch::Rows, decision::DecisionRule, profile::Profile};

/// A profile of every segment.
#[derive(Debug, Clone)]
pub struct SegmentTally {
    profiles: Vec<Profile>,
    /// Scores of each segment's rows, in the order in which threads read them, which must not matter. Takes eight bytes
    /// per row and segment; empty unless requested.
    scores: Vec<Vec<f64>>,
    /// The same for the rows whose logged decision is not the one that the rule makes.
    against: Vec<Vec<f64>>,
    keeps_scores: bool,
}

impl SegmentTally {
    /// Creates empty counts; `keeps_scores` requests the scores.
    #[must_use]
    pub fn empty(segments: &Segments, keeps_scores: bool) -> Self {
        Self {
            profiles: segments.list().iter().map(|_| Profile::empty(segments.layout())).collect(),
            scores: vec![Vec::new(); segments.list().len()],
            against: vec![Vec::new(); segments.list().len()],
            keeps_scores,
        }
    }

    /// Counts used rows with the columns of [`Segments::columns`].
    pub fn observe(&mut self, rows: &Rows, segments: &Segments, rule: DecisionRule) -> Result<(), ArrowError> {
        let within = segments.within(rows);
        let own = self.profiles.iter_mut().zip(self.scores.iter_mut().zip(&mut self.against));
        for ((profile, (scores, against)), segment) in own.zip(segments.list()) {
            let keep = BooleanArray::from(segments.rows_of(segment, &rows.features, rows.len));
            let len = keep.true_count();
            if len == 0 {
                continue;
            }
            let features = within.iter().map(|column| column.as_ref().map(|column| filter(column, &keep)).transpose());
            let probability = rows.probability.as_ref().map(|column| filter(column, &keep)).transpose()?;
            let refused = rows.refused.as_ref().map(|column| filter(column, &keep)).transpose()?;
            let own = Rows {
                len,
                features: features.collect::<Result<_, _>>()?,
                probability: probability.map(|column| column.as_primitive().clone()),
                refused: refused.map(|column| column.as_boolean().clone()),
            };
            profile.observe(&own, segments.layout(), rule);
            if self.keeps_scores {
                scores.extend(own.probability.iter().flatten().flatten());
                against.extend(rule.against(&own));
            }
        }
        Ok(())
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        self.scores.iter_mut().zip(&other.scores).for_each(|(ours, theirs)| ours.extend_from_slice(theirs));
        self.against.iter_mut().zip(&other.against).for_each(|(ours, theirs)| ours.extend_from_slice(theirs));
        self.profiles.iter_mut().zip(&other.profiles).try_for_each(|(ours, theirs)| ours.merge(theirs))
    }

    /// Profiles in the order of the segments.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Scores of each segment's rows that were decided against the rule, likewise.
    #[must_use]
    pub fn against(&self) -> &[Vec<f64>] {
        &self.against
    }

    /// Scores of each segment's rows, in no particular order; empty unless requested.
    #[must_use]
    pub fn scores(&self) -> &[Vec<f64>] {
        &self.scores
    }
}
