//! Counts a window of a log on a reference's layout.

use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::AtomicU64,
};

use arrow_array::Array;
use vigie_profile::{
    batch::{Complaints, Reason, Records, Rows},
    layout::Layout,
    profile::{Profile, Traffic},
    segment::{SegmentTally, Segments},
    window::Window,
};

use super::{
    Rule,
    apart::{self, Apart},
    look::Answered,
    sample::{Sample, Taken},
    sift::sift,
    threads::{Progress, pass},
    twins::{Keeper, Twins, repeated, short_hashes},
};
use crate::{
    fault::{Fault, Result},
    source::{Field, Found, Log, Plan, Request, Unreadable},
};

/// What is to be counted, and how.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub log: &'a Log,
    pub layout: &'a Layout,
    pub window: Window,
    pub rule: &'a Rule,
    /// Refused at or above.
    pub threshold: f64,
    /// Whether the used rows' scores are kept beside their counts: eight bytes a row.
    pub keeps_scores: bool,
    /// Rows that will be asked for: taken in passing where records are read whole.
    pub sample: Option<Sample>,
    /// Rows that are counted apart as well.
    pub segments: Option<&'a Segments>,
    pub threads: usize,
    pub progress: Progress<'a>,
}

/// A window, counted.
#[derive(Debug)]
pub struct Counted {
    pub profile: Profile,
    /// Rows that another version of the model answered.
    pub other_version: Profile,
    pub traffic: Traffic,
    pub complaints: Complaints,
    /// By feature: whether no record of the window has it.
    pub absent: Vec<bool>,
    pub found: Found,
    /// The mapped fields with their paths as the config has them.
    pub mapped: BTreeMap<Field, String>,
    pub unreadable: Vec<Unreadable>,
    /// Files that were read.
    pub files: usize,
    /// Of the used rows, in the order in which threads read them: nothing may depend on it. Empty unless asked for.
    pub scores: Vec<f64>,
    pub(super) sample: Option<Taken>,
    /// Where segments are asked for.
    pub segments: Option<SegmentTally>,
    pub(super) twins: Twins,
    /// How to look at single features again, if no id comes twice.
    pub(super) again: Option<(Plan, Apart)>,
}

impl Counted {
    /// Whether an id comes twice: then which of its records counts is told by everything they hold.
    #[must_use]
    pub fn has_twins(&self) -> bool {
        !self.twins.is_empty()
    }
}

/// What one thread counts.
pub(super) struct Tally {
    pub profile: Profile,
    /// `None` while there is no such row, as in most logs.
    pub other_version: Option<Profile>,
    pub traffic: Traffic,
    pub complaints: Complaints,
    /// By feature: whether a record of the window has it.
    pub seen: Vec<bool>,
    pub ids: Vec<u64>,
    pub scores: Vec<f64>,
    /// Rows that may be of the sample, and how many they are.
    pub sample: Vec<Answered>,
    pub taken: u64,
    pub segments: Option<SegmentTally>,
    pub fault: Option<String>,
}

impl Tally {
    pub(super) fn empty(job: &Job<'_>) -> Self {
        let layout = job.layout;
        Self {
            profile: Profile::empty(layout),
            other_version: None,
            traffic: Traffic::default(),
            complaints: Complaints::default(),
            seen: vec![false; layout.features().len()],
            ids: Vec::new(),
            scores: Vec::new(),
            sample: Vec::new(),
            taken: 0,
            segments: job.segments.map(|segments| SegmentTally::empty(segments, job.keeps_scores)),
            fault: None,
        }
    }

    pub(super) fn observe(&mut self, mut records: Records, keeper: &Keeper<'_>, job: &Job<'_>) {
        self.complaints.merge(std::mem::take(&mut records.complaints));
        for (seen, column) in self.seen.iter_mut().zip(&records.features) {
            *seen |= records.len > 0 && column.is_some();
        }
        let keeps = keeper.keeps(&records);
        match sift(&records, keeps.as_deref(), job.rule, &mut self.traffic, &mut self.complaints) {
            Ok(sifted) => {
                self.keep_scores(&sifted.used, job);
                if let Some(segments) = job.segments {
                    self.observe_segments(&segments.needed(&sifted.used), segments, job.threshold);
                }
                self.profile.observe(&sifted.used, job.layout, job.threshold);
                if let Some(profile) = self.profile_of_others(&sifted.other_version, job) {
                    profile.observe(&sifted.other_version, job.layout, job.threshold);
                }
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// Where rows that another version answered are counted, if there are any.
    pub(super) fn profile_of_others(&mut self, rows: &Rows, job: &Job<'_>) -> Option<&mut Profile> {
        (rows.len > 0).then(|| self.other_version.get_or_insert_with(|| Profile::empty(job.layout)))
    }

    pub(super) fn keep_scores(&mut self, used: &Rows, job: &Job<'_>) {
        if job.keeps_scores {
            match &used.probability {
                Some(scores) if scores.null_count() == 0 => self.scores.extend_from_slice(scores.values()),
                scores => self.scores.extend(scores.iter().flatten().flatten()),
            }
        }
    }

    /// Counts used rows with the columns that segments need.
    pub(super) fn observe_segments(&mut self, rows: &Rows, segments: &Segments, threshold: f64) {
        if let Some(Err(error)) = self.segments.as_mut().map(|tally| tally.observe(rows, segments, threshold)) {
            self.fault = Some(error.to_string());
        }
    }

    pub(super) fn merge(&mut self, other: Self) -> Result<(), String> {
        self.profile.merge(&other.profile)?;
        match (&mut self.other_version, other.other_version) {
            (Some(ours), Some(theirs)) => ours.merge(&theirs)?,
            (ours @ None, theirs) => *ours = theirs,
            (Some(_), None) => {}
        }
        self.traffic.merge(other.traffic);
        self.complaints.merge(other.complaints);
        self.scores.extend(other.scores);
        self.sample.extend(other.sample);
        if let (Some(ours), Some(theirs)) = (&mut self.segments, &other.segments) {
            ours.merge(theirs)?;
        }
        for (ours, theirs) in self.seen.iter_mut().zip(other.seen) {
            *ours |= theirs;
        }
        self.fault = self.fault.take().or(other.fault);
        Ok(())
    }
}

/// Counts a window. Each id is counted once; to know that none comes twice costs eight bytes a row,
/// and only where one does is the window read again.
pub fn count(job: &Job<'_>) -> Result<Counted> {
    let request = Request { columns: job.layout.columns(), window: Some(job.window) };
    let plan = job.log.plan(&request)?;
    let First { found, mut unreadable, mut tally, repeated, apart, has_sample } = match apart::look(&plan, job)? {
        Some(first) => first,
        None => look(&plan, job)?,
    };
    let mut twins = Twins::default();
    if !repeated.is_empty() {
        let second = pass(&plan, job.threads, job.progress, &Twins::default, &|twins, records| {
            twins.observe(&records, &repeated);
        })?;
        second.tallies.iter().for_each(|more| twins.merge(more));
        let keeper = Keeper::new(&twins);
        let third = pass(&plan, job.threads, job.progress, &|| Tally::empty(job), &|tally, records| {
            tally.observe(records, &keeper, job);
        })?;
        unreadable.extend(third.unreadable);
        unreadable.sort();
        unreadable.dedup();
        tally = merged(third.tallies, job)?.0;
    }
    timed(&plan, &found, &tally.complaints)?;
    let answered = tally.traffic.requests - tally.complaints.of(Reason::Failed).min(tally.traffic.requests);
    mapped(&plan, &found, tally.traffic.requests, answered)?;
    let sample = job.sample.filter(|_| has_sample && repeated.is_empty());
    let below = sample.and_then(|sample| sample.below(tally.profile.rows()));
    let sample = sample.map(|_| Taken { rows: std::mem::take(&mut tally.sample), below });
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
        again: apart.filter(|_| twins.is_empty()).map(|apart| (plan, apart)),
        scores: tally.scores,
        sample,
        segments: tally.segments,
        twins,
    })
}

/// What a first look at a log tells.
pub(super) struct First {
    pub found: Found,
    pub unreadable: Vec<Unreadable>,
    /// Means nothing if an id comes twice.
    pub tally: Tally,
    /// Short hashes of the ids that come twice.
    pub repeated: HashSet<u64>,
    /// Where single features can be looked at again.
    pub apart: Option<Apart>,
    /// Whether the tally holds the sample.
    pub has_sample: bool,
}

/// Counts records whole.
fn look(plan: &Plan, job: &Job<'_>) -> Result<First> {
    let none = Twins::default();
    let all = Keeper::new(&none);
    let rows = AtomicU64::new(0);
    let first = pass(plan, job.threads, job.progress, &|| Tally::empty(job), &|tally, records| {
        short_hashes(&records, &mut tally.ids);
        tally.observe_and_take(records, &all, job, &rows);
    })?;
    let (tally, ids) = merged(first.tallies, job)?;
    let repeated = repeated(&ids, job.threads);
    Ok(First { found: first.found, unreadable: first.unreadable, tally, repeated, apart: None, has_sample: true })
}

/// One of many, and the short hashes of the ids of each.
pub(super) fn merged(tallies: Vec<Tally>, job: &Job<'_>) -> Result<(Tally, Vec<Vec<u64>>)> {
    let mut all = Tally::empty(job);
    let mut ids = Vec::with_capacity(tallies.len());
    for mut tally in tallies {
        ids.push(std::mem::take(&mut tally.ids));
        all.merge(tally).map_err(Fault::setup)?;
    }
    match all.fault.take() {
        Some(why) => Err(Fault::skip(format!("the records of the window cannot be counted: {why}"))
            .discreetly("the records of the window cannot be counted; `vigie status` says why")),
        None => Ok((all, ids)),
    }
}

/// Records of which not one has a time that can be read are no quiet day either.
fn timed(plan: &Plan, found: &Found, complaints: &Complaints) -> Result<()> {
    let timeless = complaints.iter().find(|(reason, _)| *reason == Reason::Timestamp).map(|(_, complaint)| complaint);
    let Some(timeless) = timeless.filter(|timeless| {
        timeless.count > 0 && timeless.count == found.records && found.fields.contains(&Field::Timestamp)
    }) else {
        return Ok(());
    };
    Err(Fault::setup(format!(
        "source.fields.timestamp: none of {} records has a time in `{}` that can be read; write RFC 3339 or an epoch",
        timeless.count,
        plan.fields().get(&Field::Timestamp).map_or("", String::as_str)
    )))
}

/// A field that no record has is a mistake in the config, not a quiet day.
fn mapped(plan: &Plan, found: &Found, requests: u64, answered: u64) -> Result<()> {
    let fields = plan.fields();
    let lacks = |field: &Field, rows: u64| rows > 0 && fields.contains_key(field) && !found.fields.contains(field);
    let wanted = [
        (Field::Timestamp, found.records),
        (Field::Id, requests),
        // Requests that failed have no inputs and no answer.
        (Field::Features, answered),
        (Field::Probability, answered),
    ];
    let Some((field, _)) = wanted.into_iter().find(|(field, rows)| lacks(field, *rows)) else { return Ok(()) };
    let names: Vec<&str> = found.names.iter().map(String::as_str).collect();
    Err(Fault::setup(format!(
        "source.fields.{}: no record has `{}`; the records have: {}",
        field.key(),
        fields.get(&field).map_or("", String::as_str),
        names.join(", ")
    )))
}
