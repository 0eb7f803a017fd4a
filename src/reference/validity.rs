//! What holds for every reference that `learn` writes. A file with right checksums may still contain anything, and the code
//! that compares relies on these rules.

use vigie_profile::stored::{are_rows, total_rows};

/// Maximum number of edges of a feature: cells are numbered in 16 bits.
const MAX_EDGES: usize = u16::MAX as usize;

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

/// Returns whether these are the row counts of levels, in order.
pub(super) fn are_levels(names: &[String], counts: &[u64], missing: u64) -> bool {
    names.len() == counts.len()
        && u32::try_from(names.len()).is_ok()
        && names.iter().zip(names.iter().skip(1)).all(|(one, next)| one < next)
        && total_rows(counts, missing).is_some()
}

/// Returns whether these are distinct values, ascending, with their counts.
pub(super) fn are_distinct(values: &[(f64, u64)]) -> bool {
    let counts = values.iter().try_fold(0_u64, |sum, (_, count)| sum.checked_add(*count));
    counts.is_some_and(are_rows)
        && values.iter().all(|(value, _)| !value.is_nan())
        && values.iter().zip(values.iter().skip(1)).all(|((one, _), (next, _))| one < next)
}
