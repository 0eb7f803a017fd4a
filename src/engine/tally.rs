//! The counts of one thread, mergeable with those of others.

use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{Array, BooleanArray};
use arrow_schema::ArrowError;
use vigie_profile::{
    batch::{Complaints, Records, Rows},
    decision::{DecisionRule, DecisionTally},
    profile::{Profile, Traffic},
    repeat::RepeatTally,
    segment::{SegmentTally, Segments},
};

use super::{
    CountJob, KeyedRows, Sample,
    duplicates::DuplicateFilter,
    keyed_rows::keyed_rows,
    sift::{decide, sieve},
};
use crate::fault::{Fault, Result};

/// Counts of one thread.
pub(super) struct WindowTally {
    pub profile: Profile,
    /// Rows scored by another version; `None` while there are none, as in most logs.
    pub other_version: Option<Profile>,
    pub traffic: Traffic,
    pub complaints: Complaints,
    /// By feature: whether a record of the window has it.
    pub seen: Vec<bool>,
    /// Short hashes of the ids.
    pub ids: Vec<u64>,
    pub scores: Vec<f64>,
    /// Scores of the rows whose logged decision is not the one that the rule makes.
    pub against: Vec<f64>,
    /// Logged decisions, if the config maps them.
    pub decisions: Option<DecisionTally>,
    /// Candidate rows for the sample.
    pub sample: Vec<KeyedRows>,
    /// Number of rows in `sample`.
    pub sampled: u64,
    pub segments: Option<SegmentTally>,
    /// Row hashes of the blocks, if requested.
    pub repeats: Option<RepeatTally>,
    pub fault: Option<String>,
}

impl WindowTally {
    pub(super) fn empty(job: &CountJob<'_>) -> Self {
        let layout = job.layout;
        Self {
            profile: Profile::empty(layout),
            other_version: None,
            traffic: Traffic::default(),
            complaints: Complaints::default(),
            seen: vec![false; layout.features().len()],
            ids: Vec::new(),
            scores: Vec::new(),
            against: Vec::new(),
            decisions: job.words.map(|_| DecisionTally::default()),
            sample: Vec::new(),
            sampled: 0,
            segments: job.segments.map(|segments| SegmentTally::empty(segments, job.keeps_scores)),
            repeats: job.repeats.map(RepeatTally::empty),
            fault: None,
        }
    }

    pub(super) fn observe(&mut self, mut records: Records, filter: &DuplicateFilter<'_>, job: &CountJob<'_>) {
        self.complaints.merge(std::mem::take(&mut records.complaints));
        for (seen, column) in self.seen.iter_mut().zip(&records.features) {
            *seen |= records.len > 0 && column.is_some();
        }
        let keeps = filter.apply(&mut records);
        decide(&mut records, job.words);
        let sieve = sieve(&records, keeps.as_deref(), job.rule, &mut self.traffic, &mut self.complaints);
        self.observe_decisions(&records, &sieve.used, job);
        match sieve.apply(&records) {
            Ok(sifted) => {
                self.keep_scores(&sifted.used, job);
                if let Some(segments) = job.segments {
                    self.observe_segments(&segments.needed(&sifted.used), segments, job.decision);
                }
                self.profile.observe(&sifted.used, job.layout, job.decision);
                self.observe_repeats(&sifted.used, Some, job);
                if let Some(profile) = self.other_profile(&sifted.other_version, job) {
                    profile.observe(&sifted.other_version, job.layout, job.decision);
                }
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// Counts the logged decisions of the rows marked in `used`.
    pub(super) fn observe_decisions(&mut self, records: &Records, used: &BooleanArray, job: &CountJob<'_>) {
        if let (Some(tally), Some(words)) = (&mut self.decisions, job.words) {
            tally.observe(records, used, words, job.decision, job.score_unit);
        }
    }

    /// Counts records and keeps those that may belong to the sample. `rows` is the number of rows counted by all
    /// threads so far: the larger it is, the fewer of the next rows are kept.
    pub(super) fn observe_and_sample(
        &mut self,
        mut records: Records,
        filter: &DuplicateFilter<'_>,
        job: &CountJob<'_>,
        rows: &AtomicU64,
    ) {
        if let Some(sample) = job.sample
            && let Err(error) = self.add_to_sample(&mut records, filter, job, sample, rows.load(Ordering::Relaxed))
        {
            self.fault = Some(error.to_string());
        }
        let before = self.profile.rows();
        self.observe(records, filter, job);
        rows.fetch_add(self.profile.rows() - before, Ordering::Relaxed);
    }

    fn add_to_sample(
        &mut self,
        records: &mut Records,
        filter: &DuplicateFilter<'_>,
        job: &CountJob<'_>,
        sample: Sample,
        rows: u64,
    ) -> Result<(), ArrowError> {
        let below = sample.below(rows);
        let own = records.features.len();
        let rows = keyed_rows(records, filter, job, own, below)?;
        self.sampled += rows.rows.len as u64;
        self.sample.extend((rows.rows.len > 0).then_some(rows));
        // Rows kept while few were known are dropped again from time to time.
        if self.sampled > 2 * sample.max_rows {
            let rows = self.sample.iter().map(|rows| rows.below(below)).collect::<Result<Vec<_>, _>>()?;
            self.sample = rows.into_iter().filter(|rows| rows.rows.len > 0).collect();
            self.sampled = self.sample.iter().map(|rows| rows.rows.len as u64).sum();
        }
        Ok(())
    }

    /// Profile of the rows scored by another version, created on first use; `None` if `rows` is empty.
    pub(super) fn other_profile(&mut self, rows: &Rows, job: &CountJob<'_>) -> Option<&mut Profile> {
        (rows.len > 0).then(|| self.other_version.get_or_insert_with(|| Profile::empty(job.layout)))
    }

    pub(super) fn keep_scores(&mut self, used: &Rows, job: &CountJob<'_>) {
        if job.keeps_scores {
            match &used.probability {
                Some(scores) if scores.null_count() == 0 => self.scores.extend_from_slice(scores.values()),
                scores => self.scores.extend(scores.iter().flatten().flatten()),
            }
            self.against.extend(job.decision.against(used));
        }
    }

    /// Counts used rows with the columns that segments need.
    pub(super) fn observe_segments(&mut self, rows: &Rows, segments: &Segments, rule: DecisionRule) {
        if let Some(Err(error)) = self.segments.as_mut().map(|tally| tally.observe(rows, segments, rule)) {
            self.fault = Some(error.to_string());
        }
    }

    /// Hashes used rows; `place` returns which of their columns a feature is.
    pub(super) fn observe_repeats(&mut self, rows: &Rows, place: impl Fn(usize) -> Option<usize>, job: &CountJob<'_>) {
        if let (Some(tally), Some(plan)) = (&mut self.repeats, job.repeats) {
            tally.observe(rows, place, job.layout, plan);
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
        self.against.extend(other.against);
        if let (Some(ours), Some(theirs)) = (&mut self.decisions, other.decisions) {
            ours.merge(theirs);
        }
        self.sample.extend(other.sample);
        if let (Some(ours), Some(theirs)) = (&mut self.segments, &other.segments) {
            ours.merge(theirs)?;
        }
        if let (Some(ours), Some(theirs)) = (&mut self.repeats, &other.repeats) {
            ours.merge(theirs)?;
        }
        for (ours, theirs) in self.seen.iter_mut().zip(other.seen) {
            *ours |= theirs;
        }
        self.fault = self.fault.take().or(other.fault);
        Ok(())
    }
}

/// Merges tallies; also returns the short hashes of the ids of each.
pub(super) fn merge(tallies: Vec<WindowTally>, job: &CountJob<'_>) -> Result<(WindowTally, Vec<Vec<u64>>)> {
    let mut all = WindowTally::empty(job);
    let mut ids = Vec::with_capacity(tallies.len());
    for mut tally in tallies {
        ids.push(std::mem::take(&mut tally.ids));
        all.merge(tally).map_err(Fault::setup)?;
    }
    match all.fault.take() {
        Some(why) => Err(Fault::uncountable(&why)),
        None => Ok((all, ids)),
    }
}
