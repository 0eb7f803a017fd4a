//! The counts of each segment: integers, mergeable, as those of all rows; and, where asked for, each row's score with its segments.

use arrow::{
    array::{AsArray, BooleanArray},
    compute::filter,
    error::ArrowError,
};

use super::Segments;
use crate::{batch::Rows, profile::Profile};

/// A profile of every segment.
#[derive(Debug, Clone)]
pub struct SegmentTally {
    profiles: Vec<Profile>,
    /// Scores with the segments of their rows, a bit each, in the order in which threads read them: nothing may depend on it.
    /// `None` unless asked for: sixteen bytes a row, however many segments hold it.
    scores: Option<Vec<(f64, u64)>>,
}

impl SegmentTally {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(segments: &Segments, keeps_scores: bool) -> Self {
        Self {
            profiles: segments.list().iter().map(|_| Profile::empty(segments.layout())).collect(),
            scores: keeps_scores.then(Vec::new),
        }
    }

    /// Counts used rows, which have the columns of [`Segments::columns`].
    pub fn observe(&mut self, rows: &Rows, segments: &Segments, threshold: f64) -> Result<(), ArrowError> {
        let within = segments.within(rows);
        let mut masks = vec![0_u64; if self.scores.is_some() { rows.len } else { 0 }];
        for (number, (profile, segment)) in self.profiles.iter_mut().zip(segments.list()).enumerate() {
            let holds = segments.rows_of(segment, &rows.features, rows.len);
            for (mask, holds) in masks.iter_mut().zip(&holds) {
                *mask |= u64::from(*holds) << number;
            }
            let keep = BooleanArray::from(holds);
            let len = keep.true_count();
            if len == 0 {
                continue;
            }
            let features = within.iter().map(|column| column.as_ref().map(|column| filter(column, &keep)).transpose());
            let probability = rows.probability.as_ref().map(|column| filter(column, &keep)).transpose()?;
            let own = Rows {
                len,
                features: features.collect::<Result<_, _>>()?,
                probability: probability.map(|column| column.as_primitive().clone()),
            };
            profile.observe(&own, segments.layout(), threshold);
        }
        if let (Some(scores), Some(probability)) = (&mut self.scores, &rows.probability) {
            let known = probability.iter().zip(masks).filter(|(_, mask)| *mask != 0);
            scores.extend(known.filter_map(|(score, mask)| Some((score?, mask))));
        }
        Ok(())
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        if let (Some(ours), Some(theirs)) = (&mut self.scores, &other.scores) {
            ours.extend_from_slice(theirs);
        }
        self.profiles.iter_mut().zip(&other.profiles).try_for_each(|(ours, theirs)| ours.merge(theirs))
    }

    /// In the order of the segments.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The scores of a segment's rows, in any order; none unless they were asked for.
    pub fn scores(&self, number: usize) -> impl Iterator<Item = f64> + '_ {
        let all = self.scores.iter().flatten();
        all.filter(move |(_, mask)| mask >> number & 1 == 1).map(|(score, _)| *score)
    }
}
