//! What holds for every reference that `learn` writes. A file with right checksums may still contain anything, and the code
//! that compares relies on these rules.

use vigie_profile::profile::Moments;

/// Maximum number of rows. Above it, counts are not exact as floats.
const MAX_ROWS: u64 = 1 << 53;
/// Maximum number of edges of a feature: cells are numbered in 16 bits.
const MAX_EDGES: usize = u16::MAX as usize;

/// Returns whether this is a possible number of rows.
pub(super) fn are_rows(rows: u64) -> bool {
    rows <= MAX_ROWS
}

/// Returns whether the edges ascend and include all atoms and cuts, which ascend too.
pub(super) fn are_cells(edges: &[f64], atoms: &[f64], cuts: &[f64]) -> bool {
    let ascend = |values: &[f64]| values.is_sorted() && values.iter().all(|value| !value.is_nan());
    let is_edge = |value: &f64| edges.get(edges.partition_point(|edge| edge < value)) == Some(value);
    edges.len() <= MAX_EDGES
        && ascend(edges)
        && edges.iter().zip(edges.iter().skip(1)).all(|(lower, upper)| lower < upper)
        && [atoms, cuts].iter().all(|values| ascend(values) && values.len() <= edges.len())
        && atoms.iter().chain(cuts).all(is_edge)
}

/// Returns the number of rows counted, with and without a value; `None` if there are too many.
fn total(counts: &[u64], missing: u64) -> Option<u64> {
    counts.iter().try_fold(missing, |sum, count| sum.checked_add(*count)).filter(|rows| are_rows(*rows))
}

/// Returns whether counts, sums and range can be of the same values.
pub(super) fn are_counts(counts: &[u64], missing: u64, moments: &Moments, range: Option<(f64, f64)>) -> bool {
    let Some(rows) = total(counts, missing) else { return false };
    let present = rows - missing;
    let (within, sum, squares, beyond) = moments.parts();
    let is_summed = within.checked_add(beyond).is_some_and(|summed| summed <= present);
    // A value within the bounds of the sums is below 2^48 units, and the sum is kept in steps of 2^-12.
    let is_sum = sum.unsigned_abs() <= u128::from(within) << 60;
    let is_squares = squares >= 0 && squares.unsigned_abs() <= u128::from(within).saturating_mul(1 << 96);
    let is_range = range.map_or(present == 0, |(least, greatest)| least <= greatest);
    is_summed && is_sum && is_squares && (is_range || present == 0)
}

/// Returns whether these are the row counts of levels, in order.
pub(super) fn are_levels(names: &[String], counts: &[u64], missing: u64) -> bool {
    names.len() == counts.len()
        && u32::try_from(names.len()).is_ok()
        && names.iter().zip(names.iter().skip(1)).all(|(one, next)| one < next)
        && total(counts, missing).is_some()
}

/// Returns whether these are distinct values, ascending, with their counts.
pub(super) fn are_distinct(values: &[(f64, u64)]) -> bool {
    let counts = values.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count));
    counts.is_some_and(are_rows)
        && values.iter().all(|(value, _)| !value.is_nan())
        && values.iter().zip(values.iter().skip(1)).all(|((one, _), (next, _))| one < next)
}
