//! Counts a window of a log on a reference's layout.

use std::sync::atomic::AtomicU64;

use vigie_profile::{
    batch::{Complaints, Reason},
    profile::Profile,
};

use super::{
    CountJob, Counted,
    columnar::count_columns,
    counted::SampledRows,
    duplicates::{DuplicateFilter, Duplicates, repeated, short_hashes},
    first_pass::FirstPass,
    tally::{WindowTally, merge},
    threads::pass,
};
use crate::{
    fault::{Fault, Result},
    source::{Field, Plan, ReadSummary, Request},
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
        let filter = DuplicateFilter::new(&duplicates);
        let third = pass(&plan, job.threads, job.progress, &|| WindowTally::empty(job), &|tally, records| {
            tally.observe(records, &filter, job);
        })?;
        unreadable.extend(third.unreadable);
        unreadable.sort();
        unreadable.dedup();
        tally = merge(third.tallies, job)?.0;
    }
    check_timestamps(&plan, &found, &tally.complaints)?;
    let answered = tally.traffic.requests - tally.complaints.count(Reason::Failed).min(tally.traffic.requests);
    check_fields(&plan, &found, tally.traffic.requests, answered)?;
    let sample = job.sample.filter(|_| has_sample && repeated.is_empty());
    let below = sample.and_then(|sample| sample.below(tally.profile.rows()));
    let sample = sample.map(|_| SampledRows { rows: std::mem::take(&mut tally.sample), below });
    let absent = tally.seen.iter().map(|seen| answered > 0 && !seen).collect();
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
        sample,
        segments: tally.segments,
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

/// Fails if no record has a readable timestamp, which would otherwise look like a window without traffic.
fn check_timestamps(plan: &Plan, found: &ReadSummary, complaints: &Complaints) -> Result<()> {
    let timeless = complaints.iter().find(|(reason, _)| *reason == Reason::Timestamp).map(|(_, complaint)| complaint);
    let Some(timeless) = timeless.filter(|timeless| {
        timeless.count > 0 && timeless.count == found.records && found.fields.contains(&Field::Timestamp)
    }) else {
        return Ok(());
    };
    Err(Fault::setup(format!(
        "source.fields.timestamp: none of {} records has a readable time in `{}`; expected RFC 3339 or a Unix timestamp",
        timeless.count,
        plan.fields().get(&Field::Timestamp).map_or("", String::as_str)
    )))
}

/// Fails if a mapped field is in no record: a mistake in the config, not a window without traffic.
fn check_fields(plan: &Plan, found: &ReadSummary, requests: u64, answered: u64) -> Result<()> {
    let fields = plan.fields();
    let is_missing = |field: &Field, rows: u64| rows > 0 && fields.contains_key(field) && !found.fields.contains(field);
    let required = [
        (Field::Timestamp, found.records),
        (Field::Id, requests),
        // Failed requests have neither inputs nor a score.
        (Field::Features, answered),
        (Field::Probability, answered),
    ];
    let Some((field, _)) = required.into_iter().find(|(field, rows)| is_missing(field, *rows)) else { return Ok(()) };
    let names: Vec<&str> = found.names.iter().map(String::as_str).collect();
    Err(Fault::setup(format!(
        "source.fields.{}: no record has `{}`; the records have: {}",
        field.key(),
        fields.get(&field).map_or("", String::as_str),
        names.join(", ")
    )))
}
