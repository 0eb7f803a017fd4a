//! Restores a feature: rows of a window get values of the reference, with as few changes as possible.
//!
//! A difference that chance explains is left alone. Numbers whose distribution has moved keep their order: the row with
//! the i-th smallest of k values gets the reference's value at position (i + ½) / k. Levels that are too frequent are
//! redrawn. If the missing share has moved, values are filled or removed until it equals the reference's. Values outside
//! the reference's range that many rows share, and unseen levels in many rows, are treated as markers of something else,
//! such as a sentinel, rather than as values: they are filled.

use vigie_stats::{chi2, ks, proportion};

use super::column::{Draws, ReferenceValues, SampleColumn, Sampling, part};

/// A marker occurs in at least one of this number of rows.
const MARKER_ONE_IN: usize = 100;

/// The changes that restore a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestorePlan {
    /// Rows that get a value.
    pub filled: Vec<usize>,
    /// Rows that lose their value.
    pub emptied: Vec<usize>,
    /// Rows that keep a value, in the order of values. They get the reference's values in that order.
    pub mapped: Vec<usize>,
    /// Whether levels are redrawn until their shares equal the reference's.
    pub redrawn: bool,
}

impl RestorePlan {
    /// Whether nothing has to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The plan restricted to the first `rows` rows.
    #[must_use]
    pub fn first_rows(&self, rows: usize) -> Self {
        let first = |own: &Vec<usize>| own.iter().copied().filter(|row| *row < rows).collect();
        Self {
            filled: first(&self.filled),
            emptied: first(&self.emptied),
            mapped: first(&self.mapped),
            redrawn: self.redrawn,
        }
    }

    /// Plans the changes. A test is significant at a p-value of at most `limit`; for `leader`, see [`Draws::by_group`].
    #[must_use]
    pub fn new(column: &SampleColumn, reference: &ReferenceValues, draws: &Draws, leader: &str, limit: f64) -> Self {
        match (column, reference) {
            (SampleColumn::Numbers(values), ReferenceValues::Numbers { values: known, missing }) => {
                numbers(values, known, *missing, (draws.by_row(), &draws.by_group(leader, None)), limit)
            }
            (SampleColumn::Levels { names, rows }, ReferenceValues::Levels { names: known, counts, missing }) => {
                let places: Vec<Option<usize>> = names.iter().map(|name| known.binary_search(name).ok()).collect();
                let of_row = |level: &Option<usize>| level.map(|level| places.get(level).copied().flatten());
                levels(&rows.iter().map(of_row).collect::<Vec<_>>(), counts, *missing, limit)
            }
            _ => Self::default(),
        }
    }
}

fn draw(draws: &[u64], row: usize) -> u64 {
    draws.get(row).copied().unwrap_or(0)
}

/// Sorts rows by their draws.
fn ordered(mut rows: Vec<usize>, draws: &[u64]) -> Vec<usize> {
    rows.sort_unstable_by_key(|row| (draw(draws, *row), *row));
    rows
}

fn is_significant(p: Option<f64>, limit: f64) -> bool {
    p.is_some_and(|p| p <= limit)
}

fn numbers(values: &[f64], known: &[(f64, u64)], missing: u64, draws: (&[u64], &[u64]), limit: f64) -> RestorePlan {
    let least = known.first().map_or(f64::INFINITY, |(value, _)| *value);
    let greatest = known.last().map_or(f64::NEG_INFINITY, |(value, _)| *value);
    let mut sorted: Vec<(f64, usize)> = values.iter().enumerate().map(|(row, value)| (value + 0.0, row)).collect();
    sorted.retain(|(value, _)| !value.is_nan());
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(draw(draws.1, a.1).cmp(&draw(draws.1, b.1))));
    let (mut kept, mut markers, mut distinct) = (Vec::with_capacity(sorted.len()), Vec::new(), Vec::new());
    for same in sorted.chunk_by(|a, b| a.0.to_bits() == b.0.to_bits()) {
        let value = same.first().map_or(f64::NAN, |(value, _)| *value);
        let is_outside = value < least || value > greatest;
        if is_outside && same.len() > 1 && same.len() * MARKER_ONE_IN >= values.len() {
            markers.extend(same.iter().map(|(_, row)| *row));
        } else {
            kept.extend(same.iter().map(|(_, row)| *row));
            distinct.push((value, same.len() as u64));
        }
    }
    let is_missing = |row: &usize| values.get(*row).is_some_and(|value| value.is_nan());
    let gaps: Vec<usize> = (0..values.len()).filter(is_missing).collect();
    let present: u64 = known.iter().map(|(_, count)| count).sum();
    let (all, rows) = (present + missing, values.len());
    let moved = is_significant(proportion::two_by_two(missing, all, gaps.len() as u64, rows as u64), limit);
    let wanted = if moved { part(rows, missing, all) } else { gaps.len() };
    // Markers are filled before missing values; the remaining ones become missing.
    let open = rows.saturating_sub(wanted).saturating_sub(kept.len());
    let mut filled: Vec<usize> = ordered(markers.clone(), draws.0);
    filled.extend(ordered(gaps, draws.0));
    filled.truncate(open);
    let lost = (kept.len() + wanted).saturating_sub(rows);
    let mut emptied = ordered(kept.clone(), draws.0);
    emptied.truncate(lost);
    let mut is_gone = vec![false; rows];
    for row in filled.iter().chain(&emptied) {
        if let Some(gone) = is_gone.get_mut(*row) {
            *gone = true;
        }
    }
    let stays = |row: &usize| !is_gone.get(*row).copied().unwrap_or(false);
    emptied.extend(markers.into_iter().filter(stays));
    kept.retain(stays);
    let distance = ks::exact(known, &distinct);
    let total: u64 = distinct.iter().map(|(_, count)| count).sum();
    let shifted = is_significant(distance.and_then(|distance| ks::p_value(distance, present, total)), limit);
    RestorePlan { filled, emptied, mapped: if shifted { kept } else { Vec::new() }, redrawn: false }
}

/// `rows`: `None` is missing, `Some(None)` is a level that the reference does not have.
#[expect(clippy::option_option, reason = "missing, unknown to the reference, or known")]
fn levels(rows: &[Option<Option<usize>>], counts: &[u64], missing: u64, limit: f64) -> RestorePlan {
    let unseen: Vec<usize> =
        rows.iter().enumerate().filter(|(_, level)| **level == Some(None)).map(|(row, _)| row).collect();
    let mut window = vec![0u64; counts.len() + 1];
    for level in rows.iter().filter(|level| **level != Some(None)) {
        if let Some(count) = window.get_mut(level.flatten().unwrap_or(counts.len())) {
            *count += 1;
        }
    }
    let reference: Vec<u64> = counts.iter().copied().chain([missing]).collect();
    let redrawn = is_significant(chi2::homogeneity(&reference, &window).and_then(|table| table.p_value), limit);
    let are_markers = unseen.len() > 1 && unseen.len() * MARKER_ONE_IN >= rows.len();
    RestorePlan { filled: if are_markers || redrawn { unseen } else { Vec::new() }, redrawn, ..RestorePlan::default() }
}

/// Restores a column. `draws`: those by row and by group.
#[must_use]
pub fn restore(
    column: &SampleColumn,
    reference: &ReferenceValues,
    plan: &RestorePlan,
    sampling: Sampling<'_>,
    draws: (&[u64], &[u64]),
) -> SampleColumn {
    match (column, reference) {
        (SampleColumn::Numbers(values), ReferenceValues::Numbers { values: known, .. }) => {
            let mut values = values.clone();
            let present: u64 = known.iter().map(|(_, count)| count).sum();
            let mut put = |rows: &[usize]| {
                for (row, value) in rows.iter().zip(values_at(known, &sampling.places(rows.len(), present))) {
                    if let Some(cell) = values.get_mut(*row) {
                        *cell = value;
                    }
                }
            };
            put(&plan.mapped);
            put(&ordered(plan.filled.clone(), draws.1));
            for row in &plan.emptied {
                if let Some(cell) = values.get_mut(*row) {
                    *cell = f64::NAN;
                }
            }
            SampleColumn::Numbers(values)
        }
        (SampleColumn::Levels { names, rows }, ReferenceValues::Levels { names: known, counts, missing }) => {
            let places: Vec<Option<usize>> = names.iter().map(|name| known.binary_search(name).ok()).collect();
            let all = known.len();
            // Missing is the last level.
            let shares: Vec<u64> = counts.iter().copied().chain([*missing]).collect();
            let of_row = |level: &Option<usize>| level.map_or(Some(all), |level| places.get(level).copied().flatten());
            let now: Vec<Option<usize>> = rows.iter().map(of_row).collect();
            let levels = if plan.redrawn {
                redrawn(&now, &wanted(&shares, now.len(), sampling), draws)
            } else {
                filled(now, &plan.filled, &wanted(&shares, plan.filled.len(), sampling), draws.1)
            };
            // Remaining levels that the reference does not have keep their names.
            let mut names_after = known.clone();
            let mut extra: Vec<Option<usize>> = vec![None; names.len()];
            let mut own = |level: usize| {
                let place = extra.get_mut(level)?;
                if place.is_none() {
                    names_after.push(names.get(level)?.clone());
                    *place = Some(names_after.len() - 1);
                }
                *place
            };
            let after = levels.into_iter().zip(rows).map(|(level, before)| match level {
                Some(level) => (level < all).then_some(level),
                None => before.and_then(&mut own),
            });
            let rows = after.collect();
            SampleColumn::Levels { names: names_after, rows }
        }
        _ => column.clone(),
    }
}

/// Values at ascending positions among the reference's rows.
fn values_at(values: &[(f64, u64)], places: &[u64]) -> Vec<f64> {
    let (mut upto, mut value) = (0, f64::NAN);
    let mut values = values.iter();
    let of_place = |place: &u64| {
        while *place >= upto {
            let Some((next, count)) = values.next() else { break };
            (value, upto) = (*next, upto + count);
        }
        value
    };
    places.iter().map(of_place).collect()
}

/// Number of `rows` rows that should have each level.
fn wanted(counts: &[u64], rows: usize, sampling: Sampling<'_>) -> Vec<usize> {
    let places = sampling.places(rows, counts.iter().sum());
    let mut upto = 0;
    let mut of_level = |count: &u64| {
        let from = places.partition_point(|place| *place < upto);
        upto += count;
        places.partition_point(|place| *place < upto) - from
    };
    counts.iter().map(&mut of_level).collect()
}

/// Rows in excess of a level's wanted number get a level that has too few.
fn redrawn(now: &[Option<usize>], wanted: &[usize], draws: (&[u64], &[u64])) -> Vec<Option<usize>> {
    let mut by_level: Vec<Vec<usize>> = vec![Vec::new(); wanted.len()];
    let mut vacant: Vec<usize> = Vec::new();
    for (row, level) in now.iter().enumerate() {
        match level.and_then(|level| by_level.get_mut(level)) {
            Some(own) => own.push(row),
            None => vacant.push(row),
        }
    }
    let mut open = Vec::new();
    for (level, (own, wanted)) in by_level.into_iter().zip(wanted).enumerate() {
        open.extend(std::iter::repeat_n(level, wanted.saturating_sub(own.len())));
        vacant.extend(ordered(own, draws.0).into_iter().skip(*wanted));
    }
    let mut after = now.to_vec();
    for (row, level) in ordered(vacant, draws.1).into_iter().zip(open) {
        if let Some(cell) = after.get_mut(row) {
            *cell = Some(level);
        }
    }
    after
}

fn filled(mut now: Vec<Option<usize>>, rows: &[usize], wanted: &[usize], draws: &[u64]) -> Vec<Option<usize>> {
    let open = wanted.iter().enumerate().flat_map(|(level, rows)| std::iter::repeat_n(level, *rows));
    for (row, level) in ordered(rows.to_vec(), draws).into_iter().zip(open) {
        if let Some(cell) = now.get_mut(row) {
            *cell = Some(level);
        }
    }
    now
}

/// Number of rows in which two columns of one feature differ.
#[must_use]
pub fn changed(before: &SampleColumn, after: &SampleColumn) -> u64 {
    let count = match (before, after) {
        (SampleColumn::Numbers(before), SampleColumn::Numbers(after)) => {
            let same = |a: &f64, b: &f64| (a + 0.0).to_bits() == (b + 0.0).to_bits() || a.is_nan() && b.is_nan();
            before.iter().zip(after).filter(|(a, b)| !same(a, b)).count()
        }
        (SampleColumn::Levels { names, rows }, SampleColumn::Levels { names: known, rows: after }) => {
            let places: Vec<Option<usize>> =
                names.iter().map(|name| known.iter().position(|known| known == name)).collect();
            let place = |level: &Option<usize>| level.map(|level| places.get(level).copied().flatten());
            rows.iter().zip(after).filter(|(a, b)| place(a) != b.map(Some)).count()
        }
        _ => 0,
    };
    count as u64
}
