//! A look at a log whose columns can be read apart: what every record has first, then the features, a few columns of a
//! row group at a time, by whichever thread is free.

use std::sync::{Mutex, PoisonError};

use arrow_array::Float64Array;
use vigie_profile::{
    batch::{Records, Rows},
    segment::Segments,
};

use super::{
    count::{First, Job, Tally, merged},
    sift::{Sieve, sieve},
    threads::{Pass, Progress, in_turn},
    twins::{Keeper, Twins, repeated, short_hashes},
};
use crate::{
    fault::{Fault, Result},
    source::{Kept, Plan},
};

/// Features read together: enough that a row group is opened seldom, few enough that what is read stays near.
const TOGETHER: usize = 16;

/// What the records of a piece, batch by batch, are good for.
#[derive(Debug, Default)]
struct Sifted {
    kept: Vec<Kept>,
    sieves: Vec<Sieve>,
    /// Of the used rows, where segments want them once more.
    scores: Vec<Option<Float64Array>>,
}

/// What the records of a log are good for, where all of it can be read apart: enough to look at single features again.
#[derive(Debug)]
pub(super) struct Apart(Vec<Sifted>);

/// `None`: nothing can be read apart, or something could not be read to its end; then records have to be read whole,
/// so that the features of a record count together or not at all.
pub(super) fn look(plan: &Plan, job: &Job<'_>) -> Result<Option<First>> {
    if !plan.pieces.iter().any(|piece| plan.is_apart(piece)) {
        return Ok(None);
    }
    let features: Vec<usize> = (0..job.layout.features().len()).collect();
    let all = plan.pieces.len() + parts(plan, &features).len();
    let (records, sifted) = look_at_records(plan, job, &|done, _| (job.progress)(done, all))?;
    if records.unreadable.iter().any(|unreadable| !plan.unreadable.contains(unreadable)) {
        return Ok(None);
    }
    let (tally, ids) = merged(records.tallies, job)?;
    let repeated = repeated(&ids, job.threads);
    drop(ids);
    let is_whole = plan.pieces.iter().all(|piece| plan.is_apart(piece));
    let (found, unreadable) = (records.found, plan.unreadable.clone());
    let mut first = First { found, unreadable, tally, repeated, apart: None, has_sample: false };
    if !first.repeated.is_empty() {
        return Ok(Some(first));
    }
    let apart = Apart(sifted);
    let empty = || Tally::empty(job);
    let progress = |done: usize, _: usize| (job.progress)(plan.pieces.len() + done, all);
    let counted = apart.look(
        plan,
        &features,
        job.threads,
        &progress,
        &empty,
        &|tally: &mut Tally, features, records, sieve| {
            tally.observe_features(features, records, sieve, job);
        },
    )?;
    if !counted.unreadable.is_empty() {
        return Ok(None);
    }
    first.tally.merge(merged(counted.tallies, job)?.0).map_err(Fault::setup)?;
    if let Some(segments) = job.segments {
        let told = apart.segments(plan, segments, job, &empty)?;
        if !told.unreadable.is_empty() {
            return Ok(None);
        }
        first.tally.merge(merged(told.tallies, job)?.0).map_err(Fault::setup)?;
    }
    if is_whole {
        first.apart = Some(apart);
    }
    Ok(Some(first))
}

/// Pieces with some of the features each: what one thread reads at a time.
fn parts<'f>(plan: &Plan, features: &'f [usize]) -> Vec<(usize, &'f [usize])> {
    let apart = plan.pieces.iter().enumerate().filter(|(_, piece)| plan.is_apart(piece));
    apart.flat_map(|(piece, _)| features.chunks(TOGETHER).map(move |features| (piece, features))).collect()
}

/// Counts all of the records but the features of those that can be read apart.
fn look_at_records(plan: &Plan, job: &Job<'_>, progress: Progress<'_>) -> Result<(Pass<Tally>, Vec<Sifted>)> {
    let none = Twins::default();
    let keeper = Keeper::new(&none);
    let sifted: Vec<Mutex<Sifted>> = plan.pieces.iter().map(|_| Mutex::default()).collect();
    let empty = || Tally::empty(job);
    let pass = in_turn(plan.pieces.len(), job.threads, progress, &empty, &|tally: &mut Tally, number| {
        let piece = plan.pieces.get(number)?;
        if !plan.is_apart(piece) {
            return Some(plan.read(piece, &mut |records| {
                short_hashes(&records, &mut tally.ids);
                tally.observe(records, &keeper, job);
            }));
        }
        let mut own = Sifted::default();
        let reading = plan.read_spine(piece, &mut |records, kept| {
            own.kept.push(kept);
            let (sieve, scores) = tally.observe_spine(records, job);
            own.sieves.push(sieve);
            if job.segments.is_some() {
                own.scores.push(scores);
            }
        });
        *sifted.get(number)?.lock().unwrap_or_else(PoisonError::into_inner) = own;
        Some(reading)
    })?;
    let unlocked = |place: Mutex<Sifted>| place.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((pass, sifted.into_iter().map(unlocked).collect()))
}

/// What is done with some features of a batch of records, and with what the records are good for.
type Each<'a, T> = &'a (dyn Fn(&mut T, &[usize], Records, &Sieve) + Sync);

impl Apart {
    /// Hands some features of all records to `each`, batch by batch, with what the records are good for.
    pub(super) fn look<T: Send>(
        &self,
        plan: &Plan,
        features: &[usize],
        threads: usize,
        progress: Progress<'_>,
        empty: &(dyn Fn() -> T + Sync),
        each: Each<'_, T>,
    ) -> Result<Pass<T>> {
        let parts = parts(plan, features);
        in_turn(parts.len(), threads, progress, empty, &|tally: &mut T, number| {
            let (piece, features) = parts.get(number)?;
            let sifted = self.0.get(*piece)?;
            Some(plan.read_features(plan.pieces.get(*piece)?, features, &sifted.kept, &mut |batch, records| {
                if let Some(sieve) = sifted.sieves.get(batch) {
                    each(tally, features, records, sieve);
                }
            }))
        })
    }
}

impl Apart {
    /// Counts segments: the columns that tell them apart, and those counted within, are read together once more.
    fn segments(
        &self,
        plan: &Plan,
        segments: &Segments,
        job: &Job<'_>,
        empty: &(dyn Fn() -> Tally + Sync),
    ) -> Result<Pass<Tally>> {
        let pieces: Vec<usize> = plan
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| plan.is_apart(piece))
            .map(|(number, _)| number)
            .collect();
        in_turn(pieces.len(), job.threads, &|_, _| {}, empty, &|tally: &mut Tally, number| {
            let piece = *pieces.get(number)?;
            let sifted = self.0.get(piece)?;
            Some(plan.read_features(
                plan.pieces.get(piece)?,
                segments.columns(),
                &sifted.kept,
                &mut |batch, records| {
                    let Some(sieve) = sifted.sieves.get(batch) else { return };
                    match sieve.apply(&records) {
                        Ok(own) => {
                            let probability = sifted.scores.get(batch).cloned().flatten();
                            tally.observe_segments(&Rows { probability, ..own.used }, segments, job.threshold);
                        }
                        Err(error) => tally.fault = Some(error.to_string()),
                    }
                },
            ))
        })
    }
}

impl Tally {
    /// Counts all of some records but their features.
    fn observe_spine(&mut self, mut records: Records, job: &Job<'_>) -> (Sieve, Option<Float64Array>) {
        short_hashes(&records, &mut self.ids);
        self.complaints.merge(std::mem::take(&mut records.complaints));
        let sieve = sieve(&records, None, job.rule, &mut self.traffic, &mut self.complaints);
        let used = self.with_rows(&records, &sieve, job, |profile, rows| {
            profile.observe_rows(rows.len as u64, rows.probability.as_ref(), job.layout, job.threshold);
        });
        if let Some(used) = &used {
            self.keep_scores(used, job);
        }
        (sieve, used.and_then(|used| used.probability))
    }

    /// Counts some features of those records, one after the other in the layout.
    fn observe_features(&mut self, features: &[usize], mut records: Records, sieve: &Sieve, job: &Job<'_>) {
        let first = features.first().copied().unwrap_or(0);
        for (seen, column) in self.seen.iter_mut().skip(first).zip(&records.features) {
            *seen |= records.len > 0 && column.is_some();
        }
        self.complaints.merge(std::mem::take(&mut records.complaints));
        self.with_rows(&records, sieve, job, |profile, rows| {
            profile.observe_features(first..first + features.len(), rows, job.layout);
        });
    }

    /// Counts the rows that count; they are handed back.
    fn with_rows(
        &mut self,
        records: &Records,
        sieve: &Sieve,
        job: &Job<'_>,
        count: impl Fn(&mut vigie_profile::profile::Profile, &Rows),
    ) -> Option<Rows> {
        match sieve.apply(records) {
            Ok(sifted) => {
                count(&mut self.profile, &sifted.used);
                if let Some(profile) = self.profile_of_others(&sifted.other_version, job) {
                    count(profile, &sifted.other_version);
                }
                Some(sifted.used)
            }
            Err(error) => {
                self.fault = Some(error.to_string());
                None
            }
        }
    }
}
