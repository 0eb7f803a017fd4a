//! Counts a window of a log on a reference's layout.

use std::{collections::BTreeSet, sync::atomic::AtomicU64};

use vigie_profile::profile::Profile;

use super::{
    CountJob, Counted,
    columnar::count_columns,
    counted::SampledRows,
    duplicates::{DuplicateFilter, Duplicates, repeated, short_hashes},
    first_pass::FirstPass,
    losses::{ReadRows, check_files},
    tally::{WindowTally, merge},
    threads::pass,
};
use crate::{
    fault::Result,
    source::{Plan, Request},
};

/// Counts a window. Each id counts once. Detecting duplicates takes eight bytes per row; the window is read again only
/// if an id occurs twice.
pub fn count(job: &CountJob<'_>) -> Result<Counted> {
    let request = Request { columns: job.layout.columns(), window: Some(job.window) };
    let plan = job.log.plan(&request)?;
    let FirstPass { found, mut unreadable, mut tally, repeated, column_scan, has_sample } =
        match count_columns(&plan, job)? {
            Some(first) => first,
            None => count_records_whole(&plan, job)?,
        };
    let mut duplicates = Duplicates::default();
    if !repeated.is_empty() {
        let second = pass(&plan, job.threads, job.progress, &Duplicates::default, &|duplicates, records| {
            duplicates.observe(&records, &repeated);
        })?;
        second.tallies.iter().for_each(|more| duplicates.merge(more));
        duplicates.join_events();
        let filter = DuplicateFilter::new(&duplicates);
        let third = pass(&plan, job.threads, job.progress, &|| WindowTally::empty(job), &|tally, records| {
            tally.observe(records, &filter, job);
        })?;
        unreadable.extend(third.unreadable);
        unreadable.sort();
        unreadable.dedup();
        tally = merge(third.tallies, job)?.0;
    }
    let timeless = plan.timeless(&found);
    tally.complaints.merge(timeless.complaints);
    if !timeless.lost.is_empty() {
        // What a file looks like adds nothing to why it could not be read.
        let known: BTreeSet<_> = unreadable.iter().map(|file| file.path().to_owned()).collect();
        unreadable.extend(timeless.lost.into_iter().filter(|file| !known.contains(file.path())));
        unreadable.sort();
        unreadable.dedup();
    }
    // The last line of an array is a record.
    if tally.traffic.requests <= timeless.lost_records {
        unreadable.extend(job.log.unnamed_logs());
        check_files(&found, &unreadable)?;
    }
    let rows = ReadRows {
        found: &found,
        complaints: &tally.complaints,
        fields: plan.fields(),
        requests: tally.traffic.requests,
        used: tally.profile.rows() + tally.other_version.as_ref().map_or(0, Profile::rows),
    };
    rows.check_timestamps()?;
    rows.check_fields()?;
    rows.check_rows()?;
    let answered = rows.answered();
    let absent: Vec<bool> = tally.seen.iter().map(|seen| answered > 0 && !seen).collect();
    rows.check_features(job.layout, &absent)?;
    let sample = job.sample.filter(|_| has_sample && repeated.is_empty());
    let below = sample.and_then(|sample| sample.below(tally.profile.rows()));
    let sample = sample.map(|_| SampledRows { rows: std::mem::take(&mut tally.sample), below });
    Ok(Counted {
        profile: tally.profile,
        other_version: tally.other_version.unwrap_or_else(|| Profile::empty(job.layout)),
        traffic: tally.traffic,
        complaints: tally.complaints,
        absent,
        found,
        mapped: plan.fields(),
        unreadable,
        files: plan.files,
        column_scan: column_scan.filter(|_| duplicates.is_empty()).map(|columns| (plan, columns)),
        scores: tally.scores,
        against: tally.against,
        decisions: tally.decisions,
        sample,
        segments: tally.segments,
        repeats: tally.repeats,
        duplicates,
    })
}

/// Counts records that are read whole.
fn count_records_whole(plan: &Plan, job: &CountJob<'_>) -> Result<FirstPass> {
    let none = Duplicates::default();
    let all = DuplicateFilter::new(&none);
    let rows = AtomicU64::new(0);
    let first = pass(plan, job.threads, job.progress, &|| WindowTally::empty(job), &|tally, records| {
        short_hashes(&records, &mut tally.ids);
        tally.observe_and_sample(records, &all, job, &rows);
    })?;
    let (tally, ids) = merge(first.tallies, job)?;
    let repeated = repeated(&ids, job.threads);
    Ok(FirstPass {
        found: first.found,
        unreadable: first.unreadable,
        tally,
        repeated,
        column_scan: None,
        has_sample: true,
    })
}
