//! A feature's values put back: the rows of a window given what the reference has, by as few changes as that takes.
//!
//! What chance explains is left as it is. Numbers whose distribution has moved keep their order: the row with the i-th
//! smallest of k values gets the reference's value at place (i + ½) / k. Levels of which there are too many are redrawn.
//! Where the missing share has moved, values are filled, or taken, until it is the reference's. A value outside the
//! reference's range that many rows share, and unseen levels in many rows, are no values but signs of something else, such
//! as a sentinel: they are filled.

use vigie_stats::{chi2, ks, proportion};

use super::column::{Column, Draws, Holding, Taking, part};

/// Signs come in so many rows at least: 1 in 100.
const SIGN_ONE_IN: usize = 100;

/// What of a column has moved, as the rows that are to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows that get a value.
    pub filled: Vec<usize>,
    /// Rows that lose theirs.
    pub emptied: Vec<usize>,
    /// Rows that keep a value, in the order of the values: they get the reference's in that order.
    pub mapped: Vec<usize>,
    /// Whether levels are redrawn until all shares are the reference's.
    pub redrawn: bool,
}

impl Moved {
    /// Whether nothing has to be put back.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The same of the first `rows` rows.
    #[must_use]
    pub fn first_of(&self, rows: usize) -> Self {
        let first = |own: &Vec<usize>| own.iter().copied().filter(|row| *row < rows).collect();
        Self {
            filled: first(&self.filled),
            emptied: first(&self.emptied),
            mapped: first(&self.mapped),
            redrawn: self.redrawn,
        }
    }

    /// Finds it. A test speaks at a p-value of at most `limit`; `leader`: see [`Draws::second`].
    #[must_use]
    pub fn of(column: &Column, holding: &Holding, draws: &Draws, leader: &str, limit: f64) -> Self {
        match (column, holding) {
            (Column::Numbers(values), Holding::Numbers { values: known, missing }) => {
                numbers(values, known, *missing, (draws.first(), &draws.second(leader, None)), limit)
            }
            (Column::Levels { names, rows }, Holding::Levels { names: known, counts, missing }) => {
                let places: Vec<Option<usize>> = names.iter().map(|name| known.binary_search(name).ok()).collect();
                let of_row = |level: &Option<usize>| level.map(|level| places.get(level).copied().flatten());
                levels(&rows.iter().map(of_row).collect::<Vec<_>>(), counts, *missing, limit)
            }
            _ => Self::default(),
        }
    }
}

fn drawn(draws: &[u64], row: usize) -> u64 {
    draws.get(row).copied().unwrap_or(0)
}

/// The rows in the order of their draws.
fn ordered(mut rows: Vec<usize>, draws: &[u64]) -> Vec<usize> {
    rows.sort_unstable_by_key(|row| (drawn(draws, *row), *row));
    rows
}

fn speaks(p: Option<f64>, limit: f64) -> bool {
    p.is_some_and(|p| p <= limit)
}

fn numbers(values: &[f64], known: &[(f64, u64)], missing: u64, draws: (&[u64], &[u64]), limit: f64) -> Moved {
    let least = known.first().map_or(f64::INFINITY, |(value, _)| *value);
    let greatest = known.last().map_or(f64::NEG_INFINITY, |(value, _)| *value);
    let mut sorted: Vec<(f64, usize)> = values.iter().enumerate().map(|(row, value)| (value + 0.0, row)).collect();
    sorted.retain(|(value, _)| !value.is_nan());
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(drawn(draws.1, a.1).cmp(&drawn(draws.1, b.1))));
    let (mut kept, mut signs, mut distinct) = (Vec::with_capacity(sorted.len()), Vec::new(), Vec::new());
    for same in sorted.chunk_by(|a, b| a.0.to_bits() == b.0.to_bits()) {
        let value = same.first().map_or(f64::NAN, |(value, _)| *value);
        let is_outside = value < least || value > greatest;
        if is_outside && same.len() > 1 && same.len() * SIGN_ONE_IN >= values.len() {
            signs.extend(same.iter().map(|(_, row)| *row));
        } else {
            kept.extend(same.iter().map(|(_, row)| *row));
            distinct.push((value, same.len() as u64));
        }
    }
    let is_missing = |row: &usize| values.get(*row).is_some_and(|value| value.is_nan());
    let gaps: Vec<usize> = (0..values.len()).filter(is_missing).collect();
    let present: u64 = known.iter().map(|(_, count)| count).sum();
    let (all, rows) = (present + missing, values.len());
    let moved = speaks(proportion::two_by_two(missing, all, gaps.len() as u64, rows as u64), limit);
    let wanted = if moved { part(rows, missing, all) } else { gaps.len() };
    // Signs are filled before what was missing; what is left of them becomes missing.
    let open = rows.saturating_sub(wanted).saturating_sub(kept.len());
    let mut filled: Vec<usize> = ordered(signs.clone(), draws.0);
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
    emptied.extend(signs.into_iter().filter(stays));
    kept.retain(stays);
    let distance = ks::exact(known, &distinct);
    let total: u64 = distinct.iter().map(|(_, count)| count).sum();
    let shifted = speaks(distance.and_then(|distance| ks::p_value(distance, present, total)), limit);
    Moved { filled, emptied, mapped: if shifted { kept } else { Vec::new() }, redrawn: false }
}

/// `rows`: `None` is missing, `Some(None)` a level that the reference never had.
#[expect(
    clippy::option_option,
    reason = "missing, or there but unknown to the reference, or known: two questions, two answers"
)]
fn levels(rows: &[Option<Option<usize>>], counts: &[u64], missing: u64, limit: f64) -> Moved {
    let unseen: Vec<usize> =
        rows.iter().enumerate().filter(|(_, level)| **level == Some(None)).map(|(row, _)| row).collect();
    let mut window = vec![0u64; counts.len() + 1];
    for level in rows.iter().filter(|level| **level != Some(None)) {
        if let Some(count) = window.get_mut(level.flatten().unwrap_or(counts.len())) {
            *count += 1;
        }
    }
    let reference: Vec<u64> = counts.iter().copied().chain([missing]).collect();
    let redrawn = speaks(chi2::homogeneity(&reference, &window).and_then(|table| table.p_value), limit);
    let are_signs = unseen.len() > 1 && unseen.len() * SIGN_ONE_IN >= rows.len();
    Moved { filled: if are_signs || redrawn { unseen } else { Vec::new() }, redrawn, ..Moved::default() }
}

/// The column with values put back; `draws`: the rows' first and second ones.
#[must_use]
pub fn restore(
    column: &Column,
    holding: &Holding,
    moved: &Moved,
    taking: Taking<'_>,
    draws: (&[u64], &[u64]),
) -> Column {
    match (column, holding) {
        (Column::Numbers(values), Holding::Numbers { values: known, .. }) => {
            let mut values = values.clone();
            let present: u64 = known.iter().map(|(_, count)| count).sum();
            let mut put = |rows: &[usize]| {
                for (row, value) in rows.iter().zip(at(known, &taking.places(rows.len(), present))) {
                    if let Some(cell) = values.get_mut(*row) {
                        *cell = value;
                    }
                }
            };
            put(&moved.mapped);
            put(&ordered(moved.filled.clone(), draws.1));
            for row in &moved.emptied {
                if let Some(cell) = values.get_mut(*row) {
                    *cell = f64::NAN;
                }
            }
            Column::Numbers(values)
        }
        (Column::Levels { names, rows }, Holding::Levels { names: known, counts, missing }) => {
            let places: Vec<Option<usize>> = names.iter().map(|name| known.binary_search(name).ok()).collect();
            let all = known.len();
            // Missing is one more level, the last.
            let shares: Vec<u64> = counts.iter().copied().chain([*missing]).collect();
            let of_row = |level: &Option<usize>| level.map_or(Some(all), |level| places.get(level).copied().flatten());
            let now: Vec<Option<usize>> = rows.iter().map(of_row).collect();
            let levels = if moved.redrawn {
                redrawn(&now, &wanted(&shares, now.len(), taking), draws)
            } else {
                filled(now, &moved.filled, &wanted(&shares, moved.filled.len(), taking), draws.1)
            };
            // Levels that the reference never had and that stay keep their names.
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
            Column::Levels { names: names_after, rows }
        }
        _ => column.clone(),
    }
}

/// The values at ascending places among the reference's rows.
fn at(values: &[(f64, u64)], places: &[u64]) -> Vec<f64> {
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

/// How many of `rows` rows have each level.
fn wanted(counts: &[u64], rows: usize, taking: Taking<'_>) -> Vec<usize> {
    let places = taking.places(rows, counts.iter().sum());
    let mut upto = 0;
    let mut of_level = |count: &u64| {
        let from = places.partition_point(|place| *place < upto);
        upto += count;
        places.partition_point(|place| *place < upto) - from
    };
    counts.iter().map(&mut of_level).collect()
}

/// The rows of each level beyond those wanted get one of which there are too few.
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

/// In how many rows two columns of one feature differ.
#[must_use]
pub fn changed(before: &Column, after: &Column) -> u64 {
    let count = match (before, after) {
        (Column::Numbers(before), Column::Numbers(after)) => {
            let same = |a: &f64, b: &f64| (a + 0.0).to_bits() == (b + 0.0).to_bits() || a.is_nan() && b.is_nan();
            before.iter().zip(after).filter(|(a, b)| !same(a, b)).count()
        }
        (Column::Levels { names, rows }, Column::Levels { names: known, rows: after }) => {
            let places: Vec<Option<usize>> =
                names.iter().map(|name| known.iter().position(|known| known == name)).collect();
            let place = |level: &Option<usize>| level.map(|level| places.get(level).copied().flatten());
            rows.iter().zip(after).filter(|(a, b)| place(a) != b.map(Some)).count()
        }
        _ => 0,
    };
    count as u64
}
