//! Exact KS distances, from a second pass over the rows in the few cells that may contain the supremum.

use std::{borrow::Cow, collections::BTreeMap};

use arrow_array::Array;
use vigie_profile::{
    batch::{Complaints, Records, for_each_number},
    layout::{Column, Precision, Shape},
    profile::{CellCounts, Counts, Traffic},
    shown::shown,
};

use super::{
    CountJob, Counted,
    duplicates::DuplicateFilter,
    sift::{Sieve, Sifted, sift},
    steps::Steps,
    threads::pass,
};
use crate::{
    fault::{Fault, Result},
    reference::{Reference, map_on_cores},
    source::Request,
};

/// A numeric feature, or the score, whose distance must be exact.
struct Subject<'a> {
    precision: Precision,
    steps: Steps<'a>,
}

/// Largest distance inside the candidate cells of each requested feature; the score is number `features.len()`.
pub fn refine(
    job: &CountJob<'_>,
    counted: &Counted,
    reference: &Reference,
    asked: &[(usize, Vec<usize>)],
) -> Result<BTreeMap<usize, f64>> {
    let features = job.layout.features();
    let subject = |index: usize| -> Result<Option<(usize, Subject<'_>)>> {
        let Some((feature, candidates)) = asked.get(index) else { return Ok(None) };
        let (cells, precision) = match features.get(*feature).map(|feature| &feature.shape) {
            Some(Shape::Numeric(cells)) => (cells, job.layout.precision()),
            Some(Shape::Categorical(_)) => return Ok(None),
            None => match job.layout.score() {
                Some(cells) => (cells, Precision::F64),
                None => return Ok(None),
            },
        };
        let values = match features.get(*feature) {
            Some(_) => reference.values(*feature).map(Cow::Owned),
            None => reference.score_values().map(Cow::Borrowed),
        }
        .ok_or_else(|| Fault::setup(reference.damaged_message()))?;
        Ok(Some((*feature, Subject { precision, steps: Steps::new(cells, candidates, &values) })))
    };
    let subjects: BTreeMap<usize, Subject<'_>> =
        map_on_cores(asked.len(), 1, &subject).into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
    let tally = count_steps(job, counted, &subjects)?;
    let distance = |(feature, subject): (&usize, &Subject<'_>)| {
        let ours = cell_counts(reference.profile(), *feature)?;
        let theirs = cell_counts(&counted.profile, *feature)?;
        let below = |counts: &CellCounts, cell: usize| counts.cells().iter().take(cell).sum::<u64>();
        let both = |cell: usize| (below(ours, cell), below(theirs, cell));
        // Without a tally there are no rows in the cells.
        let rows = tally.get(feature).map_or(&[][..], Vec::as_slice);
        let counted: u64 = subject.steps.candidates().filter_map(|cell| theirs.cells().get(cell)).sum();
        if rows.iter().sum::<u64>() != counted {
            return Some(Err(changed(job, *feature)));
        }
        Some(Ok((*feature, subject.steps.distance(rows, both, (ours.present(), theirs.present())))))
    };
    subjects.iter().filter_map(distance).collect()
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

/// Rows at and between the steps, by subject.
type StepCounts = BTreeMap<usize, Vec<u64>>;

fn count_steps(job: &CountJob<'_>, counted: &Counted, subjects: &BTreeMap<usize, Subject<'_>>) -> Result<StepCounts> {
    let features = job.layout.features().len();
    let mut indices: Vec<usize> = subjects.keys().copied().filter(|index| *index < features).collect();
    let mut all = StepCounts::new();
    if let Some((plan, columns)) = counted.column_scan.as_ref().filter(|_| !indices.is_empty()) {
        let each = |tally: &mut StepCounts, indices: &[usize], records: Records, sieve: &Sieve| {
            let Ok(sifted) = sieve.apply(&records) else { return };
            for (index, column) in indices.iter().zip(&sifted.used.features) {
                if let (Some(subject), Some(column)) = (subjects.get(index), column) {
                    observe(column.as_ref(), subject, tally.entry(*index).or_default());
                }
            }
        };
        let pass = columns.scan(plan, &indices, job.threads, job.progress, &StepCounts::new, &each)?;
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
    let pass = pass(&plan, job.threads, job.progress, &StepCounts::new, &|tally: &mut StepCounts, records| {
        let keeps = filter.keeps(&records);
        // Traffic and complaints have been counted already; only the rows are needed here.
        let sifted = sift(&records, keeps.as_deref(), job.rule, &mut Traffic::default(), &mut Complaints::default());
        let Ok(Sifted { used, .. }) = sifted else { return };
        for (place, index) in indices.iter().enumerate() {
            let column = used.features.get(if all_columns { *index } else { place }).and_then(Option::as_ref);
            if let (Some(subject), Some(column)) = (subjects.get(index), column) {
                observe(column.as_ref(), subject, tally.entry(*index).or_default());
            }
        }
        if let (Some(subject), Some(probability)) = (subjects.get(&features), &used.probability) {
            observe(probability, subject, tally.entry(features).or_default());
        }
    })?;
    add(&mut all, pass.tallies);
    Ok(all)
}

fn add(all: &mut StepCounts, tallies: Vec<StepCounts>) {
    for (index, rows) in tallies.into_iter().flatten() {
        match all.get_mut(&index) {
            Some(ours) => ours.iter_mut().zip(rows).for_each(|(ours, more)| *ours += more),
            None => {
                all.insert(index, rows);
            }
        }
    }
}

fn observe(column: &dyn Array, subject: &Subject<'_>, tally: &mut Vec<u64>) {
    if tally.is_empty() {
        *tally = subject.steps.tally();
    }
    for_each_number(column, &mut |value: f64| {
        subject.steps.observe(subject.precision.round(value) + 0.0, tally);
    });
}
