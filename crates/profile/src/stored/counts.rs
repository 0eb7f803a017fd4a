//! Encodes the counts of a feature, and decodes untrusted bytes: numbers that contradict each other are refused, because
//! the code that compares counts relies on them.

use std::collections::BTreeMap;

use crate::{
    bytes::{Reader, Writer},
    layout::{Feature, Shape},
    profile::{CellCounts, Counts, LevelCounts, Moments},
};

/// Maximum number of rows. Above it, counts are not exact as floats.
const MAX_ROWS: u64 = 1 << 53;

/// Returns whether this is a possible number of rows.
#[must_use]
pub fn are_rows(rows: u64) -> bool {
    rows <= MAX_ROWS
}

/// Returns the number of rows counted, with and without a value; `None` if there are too many.
#[must_use]
pub fn total_rows(counts: &[u64], missing: u64) -> Option<u64> {
    counts.iter().try_fold(missing, |sum, count| sum.checked_add(*count)).filter(|rows| are_rows(*rows))
}

/// Returns whether counts, sums and range can be of the same values.
fn are_counts(counts: &[u64], missing: u64, moments: &Moments, range: Option<(f64, f64)>) -> bool {
    let Some(rows) = total_rows(counts, missing) else { return false };
    let present = rows - missing;
    let (within, sum, squares, beyond) = moments.parts();
    let is_summed = within.checked_add(beyond).is_some_and(|summed| summed <= present);
    // A value within the bounds of the sums is below 2^48 units, and the sum is kept in steps of 2^-12.
    let is_sum = sum.unsigned_abs() <= u128::from(within) << 60;
    let is_squares = squares >= 0 && squares.unsigned_abs() <= u128::from(within).saturating_mul(1 << 96);
    let is_range = range.map_or(present == 0, |(least, greatest)| least <= greatest);
    is_summed && is_sum && is_squares && (is_range || present == 0)
}

/// Writes counts without their cells.
pub fn write_cell_counts(out: &mut Writer, counts: &CellCounts) {
    out.integers(counts.cells());
    write_rest(out, counts);
}

/// Reads the counts of `cells` cells; `None` if they contradict each other.
pub fn read_cell_counts(reader: &mut Reader<'_>, cells: usize) -> Option<CellCounts> {
    let counts = reader.integers()?;
    if counts.len() != cells {
        return None;
    }
    read_rest(reader, counts)
}

/// Writes everything but the rows of the cells.
fn write_rest(out: &mut Writer, counts: &CellCounts) {
    out.integer(counts.missing());
    let (count, sum, squares, beyond) = counts.moments().parts();
    out.integer(count);
    out.wide(sum);
    out.wide(squares);
    out.integer(beyond);
    let range = counts.range();
    out.integer(u64::from(range.is_some()));
    if let Some((least, greatest)) = range {
        out.number(least);
        out.number(greatest);
    }
}

fn read_rest(reader: &mut Reader<'_>, counts: Vec<u64>) -> Option<CellCounts> {
    let missing = reader.integer()?;
    let moments = Moments::from_parts((reader.integer()?, reader.wide()?, reader.wide()?, reader.integer()?));
    let range = match reader.integer()? {
        0 => None,
        _ => Some((reader.number()?, reader.number()?)),
    };
    let is_valid = are_counts(&counts, missing, &moments, range);
    is_valid.then(|| CellCounts::from_parts(counts, missing, moments, range))
}

/// Writes counts of which most are zero: the number of zeros before each other count, and that of the zeros at the end.
fn write_sparse(out: &mut Writer, counts: &[u64]) {
    let mut zeros = 0;
    for count in counts {
        if *count == 0 {
            zeros += 1;
        } else {
            out.integer(zeros);
            out.integer(*count);
            zeros = 0;
        }
    }
    out.integer(zeros);
}

/// Reads `length` counts.
fn read_sparse(reader: &mut Reader<'_>, length: usize) -> Option<Vec<u64>> {
    let mut counts = vec![0; length];
    let mut at = 0_usize;
    loop {
        at = at.checked_add(usize::try_from(reader.integer()?).ok()?)?;
        if at == length {
            return Some(counts);
        }
        *counts.get_mut(at)? = reader.integer().filter(|count| *count > 0)?;
        at += 1;
    }
}

/// Writes the counts of a window, which fill few of a feature's cells.
pub(super) fn write_window_counts(out: &mut Writer, counts: &Counts) {
    match counts {
        Counts::Numeric(counts) => write_window_cells(out, counts),
        Counts::Categorical(counts) => {
            write_sparse(out, counts.levels());
            out.integer(counts.missing());
            let unseen = counts.unseen();
            out.integer(unseen.len() as u64);
            for (name, rows) in unseen {
                out.text(name);
                out.integer(*rows);
            }
            out.integer(counts.unseen_unnamed());
        }
    }
}

pub(super) fn write_window_cells(out: &mut Writer, counts: &CellCounts) {
    write_sparse(out, counts.cells());
    write_rest(out, counts);
}

/// Reads the counts of a feature over `rows` rows; `None` if they cannot be its.
pub(super) fn read_window_counts(reader: &mut Reader<'_>, feature: &Feature, rows: u64) -> Option<Counts> {
    Some(match &feature.shape {
        Shape::Numeric(cells) => {
            let counts = read_window_cells(reader, cells.len())?;
            let counted = counts.present() + counts.missing();
            Counts::Numeric((counted == rows).then_some(counts)?)
        }
        Shape::Categorical(levels) => {
            let counts = read_sparse(reader, levels.names().len())?;
            let missing = reader.integer()?;
            let unseen = read_unseen(reader)?;
            let unnamed = reader.integer()?;
            let known = total_rows(&counts, missing)?;
            let all = unseen.values().chain([&unnamed]).try_fold(known, |sum, count| sum.checked_add(*count))?;
            let counts = LevelCounts::from_parts(counts, missing).with_unseen(unseen, unnamed);
            Counts::Categorical((all == rows).then_some(counts)?)
        }
    })
}

pub(super) fn read_window_cells(reader: &mut Reader<'_>, cells: usize) -> Option<CellCounts> {
    let counts = read_sparse(reader, cells)?;
    read_rest(reader, counts)
}

/// Names ascend, so that equal counts have equal bytes.
fn read_unseen(reader: &mut Reader<'_>) -> Option<BTreeMap<String, u64>> {
    let names = reader.count(2)?;
    let mut unseen = BTreeMap::new();
    for _ in 0..names {
        let name = reader.text()?;
        if unseen.last_key_value().is_some_and(|(last, _)| *last >= name) {
            return None;
        }
        unseen.insert(name, reader.integer()?);
    }
    Some(unseen)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sparse_counts_round_trip(counts in prop::collection::vec(prop_oneof![3 => Just(0), 1 => 1u64..1_000], 0..40)) {
            let mut out = Writer::default();
            write_sparse(&mut out, &counts);
            let mut reader = Reader(&out.0);
            prop_assert_eq!(read_sparse(&mut reader, counts.len()), Some(counts.clone()));
            prop_assert!(reader.0.is_empty());
            // Another number of cells is refused.
            prop_assert_eq!(read_sparse(&mut Reader(&out.0), counts.len() + 1), None);
        }
    }
}
