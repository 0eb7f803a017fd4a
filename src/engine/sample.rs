//! A sample of the rows that count, taken while they are counted: a second look would read the whole log again.

use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::BooleanArray;
use arrow_schema::ArrowError;
use vigie_profile::batch::Records;

use super::{
    count::{Job, Tally},
    look::{Answered, answered},
    twins::Keeper,
};

/// How many rows a sample has. It is those with the least keys, the same for any order of rows and any threads.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// So many rows are looked at whole.
    pub most: u64,
    /// Of more, about so many: a little less, as keys are hashes.
    pub aim: u64,
}

/// A sample of a window, as all threads took it.
#[derive(Debug)]
pub(super) struct Taken {
    pub rows: Vec<Answered>,
    /// All rows with a lesser key are here; `None`: all rows are.
    pub below: Option<u128>,
}

impl Sample {
    /// Which of so many rows are looked at: those with a lesser key; `None`: all.
    #[must_use]
    pub fn below(self, rows: u64) -> Option<u128> {
        (rows > self.most).then(|| u128::MAX / u128::from(rows) * u128::from(self.aim))
    }
}

impl Taken {
    /// Whether all rows with keys below a bound are here.
    pub(super) fn holds(&self, below: Option<u128>) -> bool {
        self.below.is_none_or(|ours| below.is_some_and(|below| below <= ours))
    }
}

impl Answered {
    /// Those with a lesser key.
    pub(super) fn below(&self, below: Option<u128>) -> Result<Self, ArrowError> {
        let keeps: Vec<bool> = self.keys.iter().map(|key| below.is_none_or(|below| *key < below)).collect();
        let names = self.names.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(name, _)| name.clone());
        let keys = self.keys.iter().zip(&keeps).filter(|(_, keep)| **keep).map(|(key, _)| *key);
        Ok(Self { names: names.collect(), keys: keys.collect(), rows: self.rows.only(&BooleanArray::from(keeps))? })
    }
}

impl Tally {
    /// Observes records, and takes those that may be of the sample, of which `rows` are counted by all threads so far:
    /// the more they are, the fewer of the next.
    pub(super) fn observe_and_take(
        &mut self,
        mut records: Records,
        keeper: &Keeper<'_>,
        job: &Job<'_>,
        rows: &AtomicU64,
    ) {
        if let Some(sample) = job.sample
            && let Err(error) = self.take(&mut records, keeper, job, sample, rows.load(Ordering::Relaxed))
        {
            self.fault = Some(error.to_string());
        }
        let before = self.profile.rows();
        self.observe(records, keeper, job);
        rows.fetch_add(self.profile.rows() - before, Ordering::Relaxed);
    }

    fn take(
        &mut self,
        records: &mut Records,
        keeper: &Keeper<'_>,
        job: &Job<'_>,
        sample: Sample,
        rows: u64,
    ) -> Result<(), ArrowError> {
        let below = sample.below(rows);
        let own = records.features.len();
        let taken = answered(records, keeper, job, own, below)?;
        self.taken += taken.rows.len as u64;
        self.sample.extend((taken.rows.len > 0).then_some(taken));
        // What was taken while few rows were known is sorted out now and then.
        if self.taken > 2 * sample.most {
            let rows = self.sample.iter().map(|taken| taken.below(below)).collect::<Result<Vec<_>, _>>()?;
            self.sample = rows.into_iter().filter(|taken| taken.rows.len > 0).collect();
            self.taken = self.sample.iter().map(|taken| taken.rows.len as u64).sum();
        }
        Ok(())
    }
}
