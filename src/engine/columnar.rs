//! First pass over a log whose features can be read separately from its records: first the other fields of every
//! record, then the features, a few columns of a row group at a time, on any free thread.

use std::sync::{Mutex, PoisonError};

use vigie_profile::{
    batch::{Records, Rows},
    profile::Profile,
    repeat::RepeatPlan,
    segment::Segments,
};

use super::{
    CountJob,
    column_scan::{ColumnScan, FeatureGroups, PieceRows, RowOutputs, parts},
    detail::slots_of,
    duplicates::{DuplicateFilter, Duplicates, repeated, short_hashes},
    first_pass::FirstPass,
    sift::{Sieve, decide, sieve},
    tally::{WindowTally, merge},
    threads::{Pass, Progress, for_each_part},
};
use crate::{
    fault::{Fault, Result},
    source::Plan,
};

/// Counts a window column by column.
///
/// Returns `None` if no piece has separate features, or if a piece could not be read completely. Then records must be
/// read whole, so that the features of a record count together or not at all.
pub(super) fn count_columns(plan: &Plan, job: &CountJob<'_>) -> Result<Option<FirstPass>> {
    if !plan.pieces.iter().any(|piece| plan.has_separate_features(piece)) {
        return Ok(None);
    }
    let features: Vec<usize> = (0..job.layout.features().len()).collect();
    let groups = FeatureGroups::new(&features, job.repeats.map(RepeatPlan::blocks).unwrap_or_default());
    let all = plan.pieces.len() + parts(plan, &groups).len();
    let (records, rows) = count_without_features(plan, job, &|done, _| (job.progress)(done, all))?;
    if records.unreadable.iter().any(|unreadable| !plan.unreadable.contains(unreadable)) {
        return Ok(None);
    }
    let (tally, ids) = merge(records.tallies, job)?;
    let repeated = repeated(&ids, job.threads);
    drop(ids);
    let is_complete = plan.pieces.iter().all(|piece| plan.has_separate_features(piece));
    let (found, unreadable) = (records.found, plan.unreadable.clone());
    let mut first = FirstPass { found, unreadable, tally, repeated, column_scan: None, has_sample: false };
    if !first.repeated.is_empty() {
        return Ok(Some(first));
    }
    let columns = ColumnScan(rows);
    let empty = || WindowTally::empty(job);
    let progress = |done: usize, _: usize| (job.progress)(plan.pieces.len() + done, all);
    let counted = columns.scan(
        plan,
        &groups,
        job.threads,
        &progress,
        &empty,
        &|tally: &mut WindowTally, features, records, sieve, _| {
            tally.observe_features(features, records, sieve, job);
        },
    )?;
    if !counted.unreadable.is_empty() {
        return Ok(None);
    }
    first.tally.merge(merge(counted.tallies, job)?.0).map_err(Fault::setup)?;
    if let Some(segments) = job.segments {
        let counted = count_segments(&columns, plan, segments, job, &empty)?;
        if !counted.unreadable.is_empty() {
            return Ok(None);
        }
        first.tally.merge(merge(counted.tallies, job)?.0).map_err(Fault::setup)?;
    }
    if is_complete {
        first.column_scan = Some(columns);
    }
    Ok(Some(first))
}

/// Counts the records, except for features that can be read separately.
fn count_without_features(
    plan: &Plan,
    job: &CountJob<'_>,
    progress: Progress<'_>,
) -> Result<(Pass<WindowTally>, Vec<PieceRows>)> {
    let none = Duplicates::default();
    let filter = DuplicateFilter::new(&none);
    let rows: Vec<Mutex<PieceRows>> = plan.pieces.iter().map(|_| Mutex::default()).collect();
    let empty = || WindowTally::empty(job);
    let pass = for_each_part(plan.pieces.len(), job.threads, progress, &empty, &|tally: &mut WindowTally, number| {
        let piece = plan.pieces.get(number)?;
        if !plan.has_separate_features(piece) {
            return Some(plan.read(piece, &mut |records| {
                short_hashes(&records, &mut tally.ids);
                tally.observe(records, &filter, job);
            }));
        }
        let mut own = PieceRows::default();
        let result = plan.read_without_features(piece, &mut |records, kept| {
            own.kept.push(kept);
            let (sieve, slots, outputs) = tally.observe_without_features(records, job);
            own.sieves.push(sieve);
            own.slots.push(slots);
            if job.segments.is_some() {
                own.outputs.push(outputs);
            }
        });
        *rows.get(number)?.lock().unwrap_or_else(PoisonError::into_inner) = own;
        Some(result)
    })?;
    let unlocked = |rows: Mutex<PieceRows>| rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((pass, rows.into_iter().map(unlocked).collect()))
}

/// Counts segments. All columns that segments need are read together, in an additional pass.
fn count_segments(
    columns: &ColumnScan,
    plan: &Plan,
    segments: &Segments,
    job: &CountJob<'_>,
    empty: &(dyn Fn() -> WindowTally + Sync),
) -> Result<Pass<WindowTally>> {
    let pieces: Vec<usize> = plan
        .pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| plan.has_separate_features(piece))
        .map(|(number, _)| number)
        .collect();
    for_each_part(pieces.len(), job.threads, &|_, _| {}, empty, &|tally: &mut WindowTally, number| {
        let piece = *pieces.get(number)?;
        let rows = columns.0.get(piece)?;
        Some(plan.read_features(plan.pieces.get(piece)?, segments.columns(), &rows.kept, &mut |batch, records| {
            let Some(sieve) = rows.sieves.get(batch) else { return };
            match sieve.apply(&records) {
                Ok(own) => {
                    let (probability, refused) = rows.outputs.get(batch).cloned().unwrap_or_default();
                    tally.observe_segments(&Rows { probability, refused, ..own.used }, segments, job.decision);
                }
                Err(error) => tally.fault = Some(error.to_string()),
            }
        }))
    })
}

impl WindowTally {
    /// Counts records without their features; returns the usable rows, their slots of time, and their outputs.
    fn observe_without_features(&mut self, mut records: Records, job: &CountJob<'_>) -> (Sieve, Vec<u16>, RowOutputs) {
        short_hashes(&records, &mut self.ids);
        self.complaints.merge(std::mem::take(&mut records.complaints));
        decide(&mut records, job.words);
        let sieve = sieve(&records, None, job.rule, &mut self.traffic, &mut self.complaints);
        self.observe_decisions(&records, &sieve.used, job);
        let used = self.count_rows(&records, &sieve, job, |profile, rows| {
            profile.observe_rows(rows, job.layout, job.decision);
        });
        if let Some(used) = &used {
            self.keep_scores(used, job);
        }
        let slots = slots_of(&records.timestamp, &sieve.used, job.window);
        (sieve, slots, used.map(|used| (used.probability, used.refused)).unwrap_or_default())
    }

    /// Counts some features of records counted by [`Self::observe_without_features`].
    fn observe_features(&mut self, features: &[usize], mut records: Records, sieve: &Sieve, job: &CountJob<'_>) {
        for (feature, column) in features.iter().zip(&records.features) {
            if let Some(seen) = self.seen.get_mut(*feature) {
                *seen |= records.len > 0 && column.is_some();
            }
        }
        self.complaints.merge(std::mem::take(&mut records.complaints));
        let used = self.count_rows(&records, sieve, job, |profile, rows| {
            profile.observe_features(features.iter().copied(), rows, job.layout);
        });
        if let Some(used) = used {
            self.observe_repeats(&used, |feature| features.iter().position(|own| *own == feature), job);
        }
    }

    /// Applies `count` to the used rows and to those of another version; returns the used rows.
    fn count_rows(
        &mut self,
        records: &Records,
        sieve: &Sieve,
        job: &CountJob<'_>,
        count: impl Fn(&mut Profile, &Rows),
    ) -> Option<Rows> {
        match sieve.apply(records) {
            Ok(sifted) => {
                count(&mut self.profile, &sifted.used);
                if let Some(profile) = self.other_profile(&sifted.other_version, job) {
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
