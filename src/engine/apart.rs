//! The first look at a log whose columns can be read apart: what every record has first, then the features, a few columns
//! of a row group at a time, by whichever thread is free.

use std::sync::{Mutex, PoisonError};

use super::{
    count::{First, Job, Tally, merged},
    sift::{Sieve, sieve},
    threads::in_turn,
    twins::{Keeper, Twins, repeated, short_hashes},
};
use crate::{
    batch::Records,
    fault::Outcome,
    source::{Kept, Plan, Reading},
};

/// Features read together: enough that a row group is opened seldom, few enough that what is read stays near.
const TOGETHER: usize = 16;

/// What the records of a piece, batch by batch, are good for.
#[derive(Default)]
struct Sifted {
    kept: Vec<Kept>,
    sieves: Vec<Sieve>,
}

/// `None`: nothing can be read apart, or something could not be read to its end; then records have to be read whole,
/// so that the features of a record count together or not at all.
pub(super) fn look(plan: &Plan, job: &Job<'_>) -> Outcome<Option<First>> {
    let apart: Vec<usize> = plan.pieces.iter().enumerate().filter(|(_, p)| plan.is_apart(p)).map(|(n, _)| n).collect();
    if apart.is_empty() {
        return Ok(None);
    }
    let features = job.layout.features().len();
    let parts = features.div_ceil(TOGETHER);
    let all = plan.pieces.len() + apart.len() * parts;
    let none = Twins::default();
    let keeper = Keeper::new(&none);
    let sifted: Vec<Mutex<Sifted>> = plan.pieces.iter().map(|_| Mutex::default()).collect();
    let locked = |piece: usize| Some(sifted.get(piece)?.lock().unwrap_or_else(PoisonError::into_inner));
    let empty = || Tally::empty(job.layout);
    let progress = |done: usize, _: usize| (job.progress)(done, all);
    let first = in_turn(plan.pieces.len(), job.threads, &progress, &empty, &|tally: &mut Tally, number| {
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
            own.sieves.push(tally.observe_spine(&records, job));
        });
        if let Some(mut place) = locked(number) {
            *place = own;
        }
        Some(reading)
    })?;
    if first.unreadable.iter().any(|unreadable| !plan.unreadable.contains(unreadable)) {
        return Ok(None);
    }
    let mut tally = merged(first.tallies, job.layout)?;
    let repeated = repeated(std::mem::take(&mut tally.ids));
    let mut first = First { found: first.found, unreadable: plan.unreadable.clone(), tally, repeated };
    if !first.repeated.is_empty() {
        return Ok(Some(first));
    }
    let sifted: Vec<Sifted> =
        sifted.into_iter().map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
    let progress = |done: usize, _: usize| (job.progress)(plan.pieces.len() + done, all);
    let second = in_turn(apart.len() * parts, job.threads, &progress, &empty, &|tally: &mut Tally,
                                                                                number|
     -> Option<Reading> {
        let piece = *apart.get(number / parts)?;
        let (sifted, from) = (sifted.get(piece)?, number % parts * TOGETHER);
        let which = from..(from + TOGETHER).min(features);
        Some(plan.read_features(plan.pieces.get(piece)?, which.clone(), &sifted.kept, &mut |batch, records| {
            if let Some(sieve) = sifted.sieves.get(batch) {
                tally.observe_features(which.clone(), records, sieve, job);
            }
        }))
    })?;
    if !second.unreadable.is_empty() {
        return Ok(None);
    }
    first.tally.merge(merged(second.tallies, job.layout)?).map_err(crate::fault::Fault::setup)?;
    Ok(Some(first))
}

impl Tally {
    /// Counts all of some records but their features.
    fn observe_spine(&mut self, records: &Records, job: &Job<'_>) -> Sieve {
        short_hashes(records, &mut self.ids);
        self.complaints.merge(records.complaints.clone());
        let sieve = sieve(records, None, job.rule, &mut self.traffic, &mut self.complaints);
        match sieve.apply(records) {
            Ok(sifted) => {
                self.keep_scores(&sifted.used, job);
                for (profile, rows) in
                    [(&mut self.profile, &sifted.used), (&mut self.other_version, &sifted.other_version)]
                {
                    profile.observe_rows(rows.len as u64, rows.probability.as_ref(), job.layout, job.threshold);
                }
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
        sieve
    }

    /// Counts some features of those records.
    fn observe_features(&mut self, which: std::ops::Range<usize>, records: Records, sieve: &Sieve, job: &Job<'_>) {
        for (seen, column) in self.seen.iter_mut().skip(which.start).zip(&records.features) {
            *seen |= records.len > 0 && column.is_some();
        }
        match sieve.apply(&records) {
            Ok(sifted) => {
                self.profile.observe_features(which.clone(), &sifted.used, job.layout);
                self.other_version.observe_features(which, &sifted.other_version, job.layout);
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
        self.complaints.merge(records.complaints);
    }
}
