//! Exact KS distances: a second look at the rows that fall in the few cells that can hold the supremum.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use arrow::array::Array;

use super::{
    count::{Counted, Job},
    sift::{Sieve, Sifted, sift},
    threads::pass,
    twins::Keeper,
};
use crate::{
    batch::{Complaints, Records, for_each_number},
    fault::{Fault, Outcome},
    layout::{Cells, Column, Precision, Shape},
    profile::{CellCounts, Counts, Traffic},
    reference::{Reference, on_cores},
    source::Request,
    stats::ks,
};

/// A numeric feature, or the score, whose D has to be exact.
struct Subject<'a> {
    cells: &'a Cells,
    precision: Precision,
    candidates: &'a [usize],
    /// From this to that: where all candidates lie.
    within: (f64, f64),
}

impl<'a> Subject<'a> {
    fn new(cells: &'a Cells, precision: Precision, candidates: &'a [usize]) -> Self {
        let bounds = |cell: Option<&usize>| cell.map_or((f64::INFINITY, f64::NEG_INFINITY), |cell| cells.bounds(*cell));
        Self { cells, precision, candidates, within: (bounds(candidates.first()).0, bounds(candidates.last()).1) }
    }
}

/// The largest distance inside the candidate cells of each asked feature (the score is number `features.len()`).
pub fn refine(
    job: &Job<'_>,
    counted: &Counted,
    reference: &Reference,
    asked: &[(usize, Vec<usize>)],
) -> Outcome<BTreeMap<usize, f64>> {
    let features = job.layout.features();
    let mut subjects = BTreeMap::new();
    for (feature, candidates) in asked {
        let (cells, precision) = match features.get(*feature) {
            Some(numeric) => match &numeric.shape {
                Shape::Numeric(cells) => (cells, job.layout.precision()),
                Shape::Categorical(_) => continue,
            },
            None => match job.layout.score() {
                Some(cells) => (cells, Precision::F64),
                None => continue,
            },
        };
        subjects.insert(*feature, Subject::new(cells, precision, candidates));
    }
    let values = look(job, counted, &subjects)?;
    let subjects: Vec<(usize, Subject<'_>)> = subjects.into_iter().collect();
    let one = |number: usize| -> Outcome<Option<(usize, f64)>> {
        let Some((feature, subject)) = subjects.get(number) else { return Ok(None) };
        let ours = match features.get(*feature) {
            Some(_) => reference.values(*feature).map(Cow::Owned),
            None => reference.score_values().map(Cow::Borrowed),
        }
        .ok_or_else(|| Fault::setup(reference.damaged()))?;
        let (Some(counts), Some(window)) =
            (cell_counts(reference.profile(), *feature), cell_counts(&counted.profile, *feature))
        else {
            return Ok(None);
        };
        let theirs = values.get(feature).into_iter().flatten();
        let mut theirs: Vec<(f64, u64)> = theirs.map(|(bits, rows)| (f64::from_bits(*bits), *rows)).collect();
        theirs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Some((*feature, distance(subject, counts, window, &ours, &theirs))))
    };
    on_cores(subjects.len(), 1, &one).into_iter().filter_map(Outcome::transpose).collect()
}

fn cell_counts(profile: &crate::profile::Profile, feature: usize) -> Option<&CellCounts> {
    match profile.features().get(feature) {
        Some(Counts::Numeric(counts)) => Some(counts),
        Some(Counts::Categorical(_)) => None,
        None => profile.score(),
    }
}

/// The window's values in the candidate cells, with counts.
type Values = HashMap<u64, u64>;
/// By subject.
type Tally = BTreeMap<usize, Values>;

fn look(job: &Job<'_>, counted: &Counted, subjects: &BTreeMap<usize, Subject<'_>>) -> Outcome<Tally> {
    let features = job.layout.features().len();
    let mut numbers: Vec<usize> = subjects.keys().copied().filter(|number| *number < features).collect();
    let mut all = Tally::new();
    if let Some((plan, apart)) = counted.again.as_ref().filter(|_| !numbers.is_empty()) {
        let each = |tally: &mut Tally, numbers: &[usize], records: Records, sieve: &Sieve| {
            let Ok(sifted) = sieve.apply(&records) else { return };
            for (number, column) in numbers.iter().zip(&sifted.used.features) {
                if let (Some(subject), Some(column)) = (subjects.get(number), column) {
                    observe(column.as_ref(), subject, tally.entry(*number).or_default());
                }
            }
        };
        let pass = apart.look(plan, &numbers, job.threads, job.progress, &Tally::new, &each)?;
        if pass.unreadable.is_empty() {
            add(&mut all, pass.tallies);
            numbers.clear();
        }
    }
    let wants_score = subjects.contains_key(&features);
    if numbers.is_empty() && !wants_score {
        return Ok(all);
    }
    // Which of several records with one id counts is told by everything they hold: then nothing may be left out.
    let all_columns = !counted.twins.is_empty();
    let wanted = job.layout.columns();
    let columns: Vec<Column> =
        if all_columns { wanted } else { numbers.iter().filter_map(|number| wanted.get(*number)).cloned().collect() };
    let plan = job.log.plan(&Request { columns, window: Some(job.window) })?;
    let keeper = Keeper::new(&counted.twins);
    let pass = pass(&plan, job.threads, job.progress, &Tally::new, &|tally: &mut Tally, records| {
        let keeps = keeper.keeps(&records);
        // Counted already: only the rows are wanted here.
        let sifted = sift(&records, keeps.as_deref(), job.rule, &mut Traffic::default(), &mut Complaints::default());
        let Ok(Sifted { used, .. }) = sifted else { return };
        for (place, number) in numbers.iter().enumerate() {
            let column = used.features.get(if all_columns { *number } else { place }).and_then(Option::as_ref);
            if let (Some(subject), Some(column)) = (subjects.get(number), column) {
                observe(column.as_ref(), subject, tally.entry(*number).or_default());
            }
        }
        if let (Some(subject), Some(probability)) = (subjects.get(&features), &used.probability) {
            observe(probability, subject, tally.entry(features).or_default());
        }
    })?;
    add(&mut all, pass.tallies);
    Ok(all)
}

fn add(all: &mut Tally, tallies: Vec<Tally>) {
    for (number, values) in tallies.into_iter().flatten() {
        let ours = all.entry(number).or_default();
        #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
        for (bits, rows) in values {
            *ours.entry(bits).or_default() += rows;
        }
    }
}

fn observe(column: &dyn Array, subject: &Subject<'_>, values: &mut Values) {
    let (from, to) = subject.within;
    for_each_number(column, &mut |value: f64| {
        let value = subject.precision.round(value) + 0.0;
        // Nearly all lie elsewhere; NaN does.
        if value >= from && value <= to && subject.candidates.binary_search(&subject.cells.cell(value)).is_ok() {
            *values.entry(value.to_bits()).or_default() += 1;
        }
    });
}

/// The values that lie in a cell.
fn inside<'v>(subject: &Subject<'_>, values: &'v [(f64, u64)], cell: usize) -> &'v [(f64, u64)] {
    let (lower, upper) = subject.cells.bounds(cell);
    let from = values.partition_point(|(value, _)| *value <= lower);
    let to = values.partition_point(|(value, _)| *value <= upper);
    values.get(from..to).unwrap_or_default()
}

fn distance(
    subject: &Subject<'_>,
    reference: &CellCounts,
    window: &CellCounts,
    ours: &[(f64, u64)],
    theirs: &[(f64, u64)],
) -> f64 {
    let below = |counts: &CellCounts, cell: usize| counts.cells().iter().take(cell).sum::<u64>();
    let totals = (reference.present(), window.present());
    subject
        .candidates
        .iter()
        .map(|&cell| {
            let before = (below(reference, cell), below(window, cell));
            ks::exact_in_cell(before, totals, inside(subject, ours, cell), inside(subject, theirs, cell))
        })
        .fold(0.0, f64::max)
}
