//! Adds the values of leaves to the sums of a block of rows.

use super::trees::EnsembleRules;
use crate::feature::InputPrecision;

/// Number of trees that are added in one pass over the sums.
pub(crate) const TREES: usize = 8;

/// Adds the value at `place` of the leaf of each row; `values` has `width` per leaf.
pub(crate) fn add<L: Copy + TryInto<usize>>(
    rules: EnsembleRules,
    values: &[f64],
    (width, place): (usize, usize),
    leaves: &[L],
    sums: &mut [f64],
) {
    for (sum, leaf) in sums.iter_mut().zip(leaves) {
        let value = (*leaf).try_into().ok().and_then(|leaf: usize| values.get(leaf * width + place));
        *sum = rules.round(*sum + value.copied().unwrap_or(0.0));
    }
}

/// Adds the values of several trees, one after another, to the same sums. `leaves`: one per row, tree by tree.
pub(crate) fn add_trees(rules: EnsembleRules, values: &[&[f64]], leaves: &[u8], sums: &mut [f64]) {
    match rules.sum {
        InputPrecision::Double => add_all(values, leaves, sums, |sum| sum),
        InputPrecision::Single => add_all(values, leaves, sums, |sum| rules.round(sum)),
    }
}

#[expect(clippy::indexing_slicing, reason = "leaves have values, and there is a leaf for each row and tree")]
#[inline]
fn add_all(values: &[&[f64]], leaves: &[u8], sums: &mut [f64], round: impl Fn(f64) -> f64) {
    let rows = sums.len();
    let Some(values) = values.as_array::<TREES>() else {
        for (values, leaves) in values.iter().zip(leaves.chunks_exact(rows)) {
            sums.iter_mut().zip(leaves).for_each(|(sum, leaf)| *sum = round(*sum + values[usize::from(*leaf)]));
        }
        return;
    };
    let leaves: [&[u8]; TREES] = std::array::from_fn(|tree| &leaves[tree * rows..][..rows]);
    for (row, sum) in sums.iter_mut().enumerate() {
        let mut own = *sum;
        for tree in 0..TREES {
            own = round(own + values[tree][usize::from(leaves[tree][row])]);
        }
        *sum = own;
    }
}
