//! Exact KS distances: a second look at the rows that fall in the few cells that can hold the supremum.

use std::collections::{BTreeMap, HashMap};

use super::{
    count::{Counted, Job},
    sift::sift,
    threads::pass,
    twins::Keeper,
};
use crate::{
    batch::{Complaints, Rows, for_each_number},
    fault::{Fault, Outcome},
    layout::{Cells, Precision, Shape},
    profile::{CellCounts, Counts, Traffic},
    reference::Reference,
    source::Request,
    stats::ks,
};

/// A numeric feature, or the score, whose D has to be exact.
struct Subject<'a> {
    cells: &'a Cells,
    precision: Precision,
    candidates: &'a [usize],
    /// Its column in the second look; `None` is the probability.
    column: Option<usize>,
}

/// The largest distance inside the candidate cells of each asked feature (the score is number `features.len()`).
pub fn refine(
    job: &Job<'_>,
    counted: &Counted,
    reference: &Reference,
    asked: &[(usize, Vec<usize>)],
) -> Outcome<BTreeMap<usize, f64>> {
    let features = job.layout.features();
    // Which of several records with one id counts is told by everything they hold: then nothing may be left out.
    let all_columns = !counted.twins.is_empty();
    let mut columns = if all_columns { job.layout.columns() } else { Vec::new() };
    let mut subjects = BTreeMap::new();
    for (feature, candidates) in asked {
        let (cells, precision, column) = match features.get(*feature) {
            Some(numeric) => {
                let Shape::Numeric(cells) = &numeric.shape else { continue };
                let column = if all_columns {
                    *feature
                } else {
                    columns.push(numeric.column());
                    columns.len() - 1
                };
                (cells, job.layout.precision(), Some(column))
            }
            None => match job.layout.score() {
                Some(cells) => (cells, Precision::F64, None),
                None => continue,
            },
        };
        subjects.insert(*feature, Subject { cells, precision, candidates, column });
    }
    let values = look(job, counted, columns, &subjects)?;
    let mut distances = BTreeMap::new();
    for ((feature, subject), values) in subjects.iter().zip(values) {
        let ours = match features.get(*feature) {
            Some(_) => reference.values(*feature),
            None => reference.score_values(),
        }
        .ok_or_else(|| Fault::setup(reference.damaged()))?;
        let (Some(counts), Some(window)) =
            (cell_counts(reference.profile(), *feature), cell_counts(&counted.profile, *feature))
        else {
            continue;
        };
        let mut theirs: Vec<(f64, u64)> = values.into_iter().map(|(bits, rows)| (f64::from_bits(bits), rows)).collect();
        theirs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        distances.insert(*feature, distance(subject, counts, window, &ours, &theirs));
    }
    Ok(distances)
}

fn cell_counts(profile: &crate::profile::Profile, feature: usize) -> Option<&CellCounts> {
    match profile.features().get(feature) {
        Some(Counts::Numeric(counts)) => Some(counts),
        Some(Counts::Categorical(_)) => None,
        None => profile.score(),
    }
}

type Values = HashMap<u64, u64>;

/// The window's values in the candidate cells, with counts.
fn look(
    job: &Job<'_>,
    counted: &Counted,
    columns: Vec<crate::layout::Column>,
    subjects: &BTreeMap<usize, Subject<'_>>,
) -> Outcome<Vec<Values>> {
    let plan = job.log.plan(&Request { columns, window: Some(job.window) })?;
    let keeper = Keeper::new(&counted.twins);
    let empty = || vec![Values::new(); subjects.len()];
    let pass = pass(&plan, job.threads, job.progress, &empty, &|tally: &mut Vec<Values>, records| {
        let keeps = keeper.keeps(&records);
        // Counted already: only the rows are wanted here.
        let sifted = sift(&records, keeps.as_deref(), job.rule, &mut Traffic::default(), &mut Complaints::default());
        let Ok(sifted) = sifted else { return };
        for (values, subject) in tally.iter_mut().zip(subjects.values()) {
            observe(&sifted.used, subject, values);
        }
    })?;
    let mut all = empty();
    for tally in pass.tallies {
        for (ours, theirs) in all.iter_mut().zip(tally) {
            #[expect(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
            for (bits, rows) in theirs {
                *ours.entry(bits).or_default() += rows;
            }
        }
    }
    Ok(all)
}

fn observe(rows: &Rows, subject: &Subject<'_>, values: &mut Values) {
    let mut each = |value: f64| {
        if value.is_nan() {
            return;
        }
        let value = subject.precision.round(value) + 0.0;
        if subject.candidates.binary_search(&subject.cells.cell(value)).is_ok() {
            *values.entry(value.to_bits()).or_default() += 1;
        }
    };
    match subject.column {
        Some(column) => {
            if let Some(column) = rows.features.get(column).and_then(Option::as_ref) {
                for_each_number(column.as_ref(), &mut each);
            }
        }
        None => {
            if let Some(probability) = &rows.probability {
                for_each_number(probability, &mut each);
            }
        }
    }
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
    let inside = |values: &[(f64, u64)], cell: usize| -> Vec<(f64, u64)> {
        let (lower, upper) = subject.cells.bounds(cell);
        let from = values.partition_point(|(value, _)| *value <= lower);
        let to = values.partition_point(|(value, _)| *value <= upper);
        values.get(from..to).unwrap_or_default().to_vec()
    };
    subject
        .candidates
        .iter()
        .map(|&cell| {
            let before = (below(reference, cell), below(window, cell));
            ks::exact_in_cell(before, totals, &inside(ours, cell), &inside(theirs, cell))
        })
        .fold(0.0, f64::max)
}
