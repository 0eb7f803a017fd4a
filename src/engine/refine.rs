//! The second pass over single features. Exact distances: KS from the rows in the few cells that may contain the supremum, and
//! Wasserstein from the sum of all values and those in the cells that leave it open. Details: for features of findings, the
//! distribution of the values and the times of the rows.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use arrow_array::Array;
use vigie_profile::{
    batch::{Complaints, Records, for_each_number},
    layout::{Cells, Column, Layout, Precision, Shape},
    profile::{CellCounts, Counts, Traffic},
    shown::shown,
};
use vigie_stats::{BinnedPair, BinnedSample, UnreadArea};

use super::{
    CountJob, Counted,
    area_reader::{AreaReader, AreaTally},
    column_scan::FeatureGroups,
    detail::{DetailReader, FeatureDetail, slots_of},
    duplicates::DuplicateFilter,
    sift::{Sieve, Sifted, sieve},
    steps::Steps,
    threads::pass,
};
use crate::{
    fault::{Fault, Result},
    reference::{Reference, map_on_cores},
    source::Request,
};

/// Rows of both sides in the cells whose values are kept for Wasserstein distances, over all features: at most 32 MB.
const MAX_AREA_ROWS: u64 = 1 << 21;

/// A numeric feature, or the score, whose distances must be exact.
#[derive(Debug, Clone, PartialEq)]
pub struct InexactFeature {
    /// Index in the layout; the score is number `features.len()`.
    pub feature: usize,
    /// Cells, in order, in which the KS distance may be larger than it is known to be.
    pub candidates: Vec<usize>,
    /// Whether its Wasserstein distance is not exact.
    pub needs_wasserstein: bool,
}

/// Distances from the values of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefinedDistances {
    /// Largest KS distance inside the candidate cells.
    pub ks: f64,
    /// Exact, if it was needed and few enough values had to be kept.
    pub wasserstein: Option<f64>,
}

/// Results of a second pass, by feature; the score is number `features.len()`.
#[derive(Debug, Default)]
pub struct Refined {
    pub distances: BTreeMap<usize, RefinedDistances>,
    pub details: BTreeMap<usize, FeatureDetail>,
}

struct RefinedFeature<'a> {
    /// How to read the distances that are not exact.
    distances: Option<DistanceReader<'a>>,
    detail: Option<DetailReader<'a>>,
}

struct DistanceReader<'a> {
    precision: Precision,
    steps: Steps<'a>,
    area: Option<AreaReader<'a>>,
}

/// What was read of a subject.
#[derive(Default)]
struct SubjectTally {
    /// Rows at and between the steps.
    steps: Vec<u64>,
    area: AreaTally,
    detail: Option<FeatureDetail>,
}

/// Reads, in one pass, the exact distances of the features `asked`, as far as there is anything to read for them, and the
/// details of the features `detailed`.
pub fn refine(
    job: &CountJob<'_>,
    counted: &Counted,
    reference: &Reference,
    asked: &[InexactFeature],
    detailed: &BTreeSet<usize>,
) -> Result<Refined> {
    let mut subjects: BTreeMap<usize, RefinedFeature<'_>> = distance_readers(job, counted, reference, asked)?
        .into_iter()
        .map(|(feature, distances)| (feature, RefinedFeature { distances: Some(distances), detail: None }))
        .collect();
    for feature in detailed {
        if let Some(reader) = DetailReader::new(job.layout, reference.profile(), *feature) {
            let subject = subjects.entry(*feature);
            subject.or_insert(RefinedFeature { distances: None, detail: None }).detail = Some(reader);
        }
    }
    let mut tally = read_subjects(job, counted, &subjects)?;
    let mut refined = Refined::default();
    for (feature, reader) in subjects.iter().filter_map(|(feature, subject)| Some((*feature, subject.detail.as_ref()?)))
    {
        let detail = tally.get_mut(&feature).and_then(|tally| tally.detail.take());
        let detail = detail.unwrap_or_else(|| FeatureDetail::empty(job.window));
        if !reader.is_of(&detail, &counted.profile, feature) {
            return Err(changed(job, feature));
        }
        refined.details.insert(feature, detail);
    }
    // Without a tally there are no rows.
    let read: Vec<(usize, &DistanceReader<'_>, Mutex<SubjectTally>)> = subjects
        .iter()
        .filter_map(|(feature, subject)| Some((*feature, subject.distances.as_ref()?)))
        .map(|(feature, reader)| (feature, reader, Mutex::new(tally.remove(&feature).unwrap_or_default())))
        .collect();
    let distances = |index: usize| {
        let (feature, reader, tally) = read.get(index)?;
        let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
        let ours = cell_counts(reference.profile(), *feature)?;
        let theirs = cell_counts(&counted.profile, *feature)?;
        let distances = reader.distances(tally, ours, theirs).ok_or_else(|| changed(job, *feature));
        Some(distances.map(|distances| (*feature, distances)))
    };
    refined.distances = map_on_cores(read.len(), 1, &distances).into_iter().flatten().collect::<Result<_>>()?;
    Ok(refined)
}

/// How to read the distances of each feature; none for one of which nothing has to be read.
fn distance_readers<'a>(
    job: &CountJob<'a>,
    counted: &Counted,
    reference: &Reference,
    asked: &[InexactFeature],
) -> Result<BTreeMap<usize, DistanceReader<'a>>> {
    let features = job.layout.features();
    let areas = affordable_areas(job, counted, reference, asked);
    let reader = |index: usize| -> Result<Option<(usize, DistanceReader<'a>)>> {
        let Some(InexactFeature { feature, candidates, .. }) = asked.get(index) else { return Ok(None) };
        let Some((cells, precision)) = numeric(job.layout, *feature) else { return Ok(None) };
        if candidates.is_empty() && !areas.contains_key(feature) {
            return Ok(None);
        }
        let values = match features.get(*feature) {
            Some(_) => reference.values(*feature).map(Cow::Owned),
            None => reference.score_values().map(Cow::Borrowed),
        }
        .ok_or_else(|| Fault::setup(reference.damaged_message()))?;
        let area = areas.get(feature).cloned().and_then(|(area, range)| AreaReader::new(cells, area, &values, range));
        Ok(Some((*feature, DistanceReader { precision, steps: Steps::new(cells, candidates, &values), area })))
    };
    map_on_cores(asked.len(), 1, &reader).into_iter().filter_map(Result::transpose).collect()
}

impl DistanceReader<'_> {
    /// `None` if the rows are not those of the first pass.
    fn distances(&self, tally: SubjectTally, ours: &CellCounts, theirs: &CellCounts) -> Option<RefinedDistances> {
        let below = |counts: &CellCounts, cell: usize| counts.cells().iter().take(cell).sum::<u64>();
        let both = |cell: usize| (below(ours, cell), below(theirs, cell));
        let counted: u64 = self.steps.candidates().filter_map(|cell| theirs.cells().get(cell)).sum();
        if tally.steps.iter().sum::<u64>() != counted {
            return None;
        }
        let ks = self.steps.distance(&tally.steps, both, (ours.present(), theirs.present()));
        let wasserstein = match &self.area {
            Some(area) => Some(area.distance(tally.area, theirs.present())?),
            None => None,
        };
        Some(RefinedDistances { ks, wasserstein })
    }
}

/// The areas to read, and the range of all values, by feature: those of the fewest rows first, as many as may be kept.
fn affordable_areas(
    job: &CountJob<'_>,
    counted: &Counted,
    reference: &Reference,
    asked: &[InexactFeature],
) -> BTreeMap<usize, (UnreadArea, (f64, f64))> {
    let area = |feature: usize| {
        let (cells, precision) = numeric(job.layout, feature)?;
        let single: Vec<bool> = (0..cells.len()).map(|cell| cells.is_single(cell, precision)).collect();
        let ours = cell_counts(reference.profile(), feature)?;
        let theirs = cell_counts(&counted.profile, feature)?;
        let (our_range, their_range) = (ours.range()?, theirs.range()?);
        let pair = BinnedPair {
            edges: cells.edges(),
            single: &single,
            reference: BinnedSample { counts: ours.cells(), range: our_range, mean: None },
            window: BinnedSample { counts: theirs.cells(), range: their_range, mean: None },
        };
        Some((UnreadArea::new(&pair)?, (our_range.0.min(their_range.0), our_range.1.max(their_range.1))))
    };
    let needed = asked.iter().filter(|asked| asked.needs_wasserstein);
    let mut areas: Vec<_> = needed.filter_map(|asked| Some((asked.feature, area(asked.feature)?))).collect();
    let rows = |area: &UnreadArea| area.rows.0 + area.rows.1;
    areas.sort_by_key(|(feature, (area, _))| (rows(area), *feature));
    let mut left = MAX_AREA_ROWS;
    areas.retain(|(_, (area, _))| {
        let remaining = left.checked_sub(rows(area));
        left = remaining.unwrap_or(0);
        remaining.is_some()
    });
    areas.into_iter().collect()
}

/// Cells and precision of a numeric feature or the score.
fn numeric(layout: &Layout, feature: usize) -> Option<(&Cells, Precision)> {
    match layout.features().get(feature).map(|feature| &feature.shape) {
        Some(Shape::Numeric(cells)) => Some((cells, layout.precision())),
        Some(Shape::Categorical(_)) => None,
        None => Some((layout.score()?, Precision::F64)),
    }
}

/// The second pass found different rows from the first, so a distance computed from them would describe neither.
fn changed(job: &CountJob<'_>, feature: usize) -> Fault {
    let name = job.layout.features().get(feature).map_or("the score", |feature| feature.name.as_str());
    Fault::retry(format!(
        "the log changed while it was read: the second pass found different rows for {}; check this window again",
        shown(name)
    ))
}

fn cell_counts(profile: &vigie_profile::profile::Profile, feature: usize) -> Option<&CellCounts> {
    match profile.features().get(feature) {
        Some(Counts::Numeric(counts)) => Some(counts),
        Some(Counts::Categorical(_)) => None,
        None => profile.score(),
    }
}

type SubjectTallies = BTreeMap<usize, SubjectTally>;

fn read_subjects(
    job: &CountJob<'_>,
    counted: &Counted,
    subjects: &BTreeMap<usize, RefinedFeature<'_>>,
) -> Result<SubjectTallies> {
    let features = job.layout.features().len();
    let mut indices: Vec<usize> = subjects.keys().copied().filter(|index| *index < features).collect();
    let mut all = SubjectTallies::new();
    if let Some((plan, columns)) = counted.column_scan.as_ref().filter(|_| !indices.is_empty()) {
        let each = |tally: &mut SubjectTallies, indices: &[usize], records: Records, sieve: &Sieve, slots: &[u16]| {
            let Ok(sifted) = sieve.apply(&records) else { return };
            for (index, column) in indices.iter().zip(&sifted.used.features) {
                if let Some(subject) = subjects.get(index) {
                    observe(column.as_deref(), slots, subject, tally.entry(*index).or_default(), job);
                }
            }
        };
        let groups = FeatureGroups::new(&indices, &[]);
        let pass = columns.scan(plan, &groups, job.threads, job.progress, &SubjectTallies::new, &each)?;
        if pass.unreadable.is_empty() {
            add(&mut all, pass.tallies);
            indices.clear();
        }
    }
    let wants_score = subjects.contains_key(&features);
    if indices.is_empty() && !wants_score {
        return Ok(all);
    }
    // Which of several records with one id counts depends on all of their columns, so none may be left out.
    let all_columns = !counted.duplicates.is_empty();
    let layout_columns = job.layout.columns();
    let columns: Vec<Column> = if all_columns {
        layout_columns
    } else {
        indices.iter().filter_map(|index| layout_columns.get(*index)).cloned().collect()
    };
    let plan = job.log.plan(&Request { columns, window: Some(job.window) })?;
    let filter = DuplicateFilter::new(&counted.duplicates);
    let pass =
        pass(&plan, job.threads, job.progress, &SubjectTallies::new, &|tally: &mut SubjectTallies, mut records| {
            let keeps = filter.apply(&mut records);
            // Traffic and complaints have been counted already; only the rows are needed here.
            let sieve =
                sieve(&records, keeps.as_deref(), job.rule, &mut Traffic::default(), &mut Complaints::default());
            let Ok(Sifted { used, .. }) = sieve.apply(&records) else { return };
            let slots = slots_of(&records.timestamp, &sieve.used, job.window);
            for (place, index) in indices.iter().enumerate() {
                let column = used.features.get(if all_columns { *index } else { place }).and_then(Option::as_deref);
                if let Some(subject) = subjects.get(index) {
                    observe(column, &slots, subject, tally.entry(*index).or_default(), job);
                }
            }
            if let (Some(subject), Some(probability)) = (subjects.get(&features), &used.probability) {
                observe(Some(probability), &slots, subject, tally.entry(features).or_default(), job);
            }
        })?;
    add(&mut all, pass.tallies);
    Ok(all)
}

fn add(all: &mut SubjectTallies, tallies: Vec<SubjectTallies>) {
    for (index, tally) in tallies.into_iter().flatten() {
        match all.get_mut(&index) {
            Some(ours) => {
                // A thread that met no value has no steps.
                if ours.steps.is_empty() {
                    ours.steps = tally.steps;
                } else {
                    ours.steps.iter_mut().zip(tally.steps).for_each(|(ours, more)| *ours += more);
                }
                ours.area.merge(tally.area);
                match (&mut ours.detail, tally.detail) {
                    (Some(ours), Some(theirs)) => ours.merge(theirs),
                    (ours @ None, theirs) => *ours = theirs,
                    (Some(_), None) => {}
                }
            }
            None => {
                all.insert(index, tally);
            }
        }
    }
}

fn observe(
    column: Option<&dyn Array>,
    slots: &[u16],
    subject: &RefinedFeature<'_>,
    tally: &mut SubjectTally,
    job: &CountJob<'_>,
) {
    if let Some(reader) = &subject.detail {
        let detail = tally.detail.get_or_insert_with(|| FeatureDetail::empty(job.window));
        reader.observe(column, slots, detail);
    }
    let (Some(reader), Some(column)) = (&subject.distances, column) else { return };
    if tally.steps.is_empty() {
        tally.steps = reader.steps.tally();
    }
    let SubjectTally { steps, area: read, .. } = tally;
    match &reader.area {
        None => for_each_number(column, &mut |value: f64| {
            reader.steps.observe(reader.precision.round(value) + 0.0, steps);
        }),
        Some(area) => for_each_number(column, &mut |value: f64| {
            let value = reader.precision.round(value) + 0.0;
            reader.steps.observe(value, steps);
            area.observe(value, read);
        }),
    }
}
