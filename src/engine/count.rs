//! Counts a window of a log on a reference's layout.

use std::{collections::BTreeSet, sync::atomic::AtomicU64};

use vigie_profile::{
    batch::{Complaints, Reason},
    layout::Layout,
    near::{nearest, suggestions},
    profile::Profile,
    shown::shown,
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
    fault::{Fault, InputShape, LostInput, Result},
    source::{Field, Plan, ReadSummary, Request, Unreadable},
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
    if tally.traffic.requests == 0 {
        unreadable.extend(job.log.unnamed_logs());
        check_lost_files(&found, &unreadable)?;
    }
    check_timestamps(&plan, &found, &tally.complaints)?;
    let answered = tally.traffic.requests - tally.complaints.count(Reason::Failed).min(tally.traffic.requests);
    check_fields(&plan, &found, tally.traffic.requests, answered)?;
    check_rows(&plan, &tally, answered)?;
    let sample = job.sample.filter(|_| has_sample && repeated.is_empty());
    let below = sample.and_then(|sample| sample.below(tally.profile.rows()));
    let sample = sample.map(|_| SampledRows { rows: std::mem::take(&mut tally.sample), below });
    let absent: Vec<bool> = tally.seen.iter().map(|seen| answered > 0 && !seen).collect();
    if tally.profile.rows() > 0 {
        check_features(job.layout, &absent, &found)?;
    }
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

/// Fails if files were lost that may hold the records of the window, or if no file could be read.
fn check_lost_files(found: &ReadSummary, unreadable: &[Unreadable]) -> Result<()> {
    let losses: Vec<LostInput> = unreadable.iter().filter_map(Unreadable::loss).collect();
    if let Some(first) = losses.first() {
        let more = losses.iter().filter(|loss| loss.shape == first.shape).count() as u64 - 1;
        return Err(Fault::lost("source.path", LostInput { more, ..first.clone() }));
    }
    match unreadable {
        [first, others @ ..] if found.is_empty() => {
            let more = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            Err(Fault::retry(format!("source.path: no file of the log could be read: {}{more}", first.left_out())))
        }
        _ => Ok(()),
    }
}

/// Fails if the rows of a window are left out for one reason, which would otherwise look like a window with too few rows.
fn check_rows(plan: &Plan, tally: &WindowTally, answered: u64) -> Result<()> {
    /// With fewer rows, the reason may be theirs.
    const MIN_ROWS: u64 = 20;
    let used = tally.profile.rows() + tally.other_version.as_ref().map_or(0, Profile::rows);
    if used > 0 || answered < MIN_ROWS {
        return Ok(());
    }
    let reasons = [
        (Reason::NoProbability, InputShape::NoProbability, Field::Probability),
        (Reason::NoFeatures, InputShape::NoFeatures, Field::Features),
        (Reason::UnknownInputs, InputShape::UnknownInputs, Field::Features),
    ];
    let only = reasons.into_iter().find(|(reason, _, _)| tally.complaints.count(*reason) == answered);
    let Some((_, shape, field)) = only else { return Ok(()) };
    let path = plan.fields().remove(&field).map(|path| format!(" (`{path}`)")).unwrap_or_default();
    let place = format!("{answered} rows{path}");
    Err(Fault::lost(&format!("source.fields.{}", field.key()), LostInput { place, line: None, shape, more: 0 }))
}

/// Fails if no record has a readable timestamp, which would otherwise look like a window without traffic.
fn check_timestamps(plan: &Plan, found: &ReadSummary, complaints: &Complaints) -> Result<()> {
    let timeless = complaints.iter().find(|(reason, _)| *reason == Reason::Timestamp).map(|(_, complaint)| complaint);
    let Some(timeless) = timeless.filter(|timeless| {
        timeless.count > 0 && timeless.count == found.records && found.fields.contains(&Field::Timestamp)
    }) else {
        return Ok(());
    };
    let example = timeless.examples.first().map_or(String::new(), |example| format!(", such as {example}"));
    Err(Fault::setup(format!(
        "source.fields.timestamp: none of {} records has a readable time in `{}`{example}; expected RFC 3339 or a Unix \
         timestamp",
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
        (Field::Prediction, answered),
    ];
    let classes = fields.keys().filter(|field| matches!(field, Field::ClassProbability(_)));
    let classes = classes.map(|field| (*field, answered));
    let Some((field, _)) = required.into_iter().chain(classes).find(|(field, rows)| is_missing(field, *rows)) else {
        return Ok(());
    };
    let names: Vec<&str> = found.names.iter().map(String::as_str).collect();
    Err(Fault::setup(format!(
        "source.fields.{}: no record has `{}`; the records have: {}",
        field.key(),
        fields.get(&field).map_or("", String::as_str),
        names.join(", ")
    )))
}

/// Fails if no key of the records is a feature: a mistake in the config or another model's log, not drift.
fn check_features(layout: &Layout, absent: &[bool], found: &ReadSummary) -> Result<()> {
    if absent.is_empty() || absent.contains(&false) {
        return Ok(());
    }
    let features: Vec<&str> = layout.features().iter().map(|feature| feature.name.as_str()).collect();
    let keys = if found.inputs.is_empty() { &found.names } else { &found.inputs };
    let pairs: Vec<String> = features
        .iter()
        .filter_map(|feature| Some((feature, similar_key(feature, keys)?)))
        .take(MAX_PAIRS)
        .map(|(feature, key)| format!("`{}` for `{}`", shown(key), shown(feature)))
        .collect();
    let nearest = if pairs.is_empty() { String::new() } else { format!("; the nearest: {}", pairs.join(", ")) };
    Err(Fault::setup(format!(
        "source.fields.features: no record has any of the reference's features ({}){nearest}; the records have: {}",
        suggestions("", features.iter().copied()),
        suggestions("", keys.iter().map(String::as_str))
    )))
}

/// Number of similar names in a message.
const MAX_PAIRS: usize = 3;

/// The key whose name is most like a feature's: the same but for case and separators, or with a prefix or suffix, or with
/// a few other letters.
fn similar_key<'n>(feature: &str, keys: &'n BTreeSet<String>) -> Option<&'n str> {
    let folded = |name: &str| -> String {
        name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = folded(feature);
    let same = keys.iter().find(|key| folded(last_part(key)) == wanted);
    let affixed = || {
        let has_affix = |key: &&String| {
            let key = folded(last_part(key));
            let (long, short) = if key.len() > wanted.len() { (&key, &wanted) } else { (&wanted, &key) };
            short.len() > 1 && (long.ends_with(short.as_str()) || long.starts_with(short.as_str()))
        };
        keys.iter().filter(has_affix).min_by_key(|key| key.len().abs_diff(feature.len()))
    };
    let near = || {
        let name = nearest(feature, keys.iter().map(|key| last_part(key)))?;
        keys.iter().find(|key| last_part(key) == name)
    };
    same.or_else(affixed).or_else(near).map(String::as_str)
}

/// The part of a key after its last dot.
fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
