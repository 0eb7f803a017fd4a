//! The counts of each segment: integers, mergeable, as those of all rows.

use arrow::{
    array::{AsArray, BooleanArray},
    compute::filter,
    error::ArrowError,
};

use super::Segments;
use crate::{batch::Rows, profile::Profile};

/// A profile of every segment.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentTally {
    profiles: Vec<Profile>,
}

impl SegmentTally {
    /// Nothing counted yet.
    #[must_use]
    pub fn empty(segments: &Segments) -> Self {
        Self { profiles: segments.list().iter().map(|_| Profile::empty(segments.layout())).collect() }
    }

    /// Counts used rows, which have the columns of [`Segments::columns`].
    pub fn observe(&mut self, rows: &Rows, segments: &Segments, threshold: f64) -> Result<(), ArrowError> {
        let within = segments.within(rows);
        for (profile, segment) in self.profiles.iter_mut().zip(segments.list()) {
            let keep = BooleanArray::from(segments.rows_of(segment, &rows.features, rows.len));
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
        Ok(())
    }

    /// Adds the other's counts.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        self.profiles.iter_mut().zip(&other.profiles).try_for_each(|(ours, theirs)| ours.merge(theirs))
    }

    /// In the order of the segments.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }
}
