//! The first boosting iterations of a model, as `predict(ntree_end=…)` uses them.

use super::trees::MAX_DEPTH;
use crate::{
    catboost::file::{
        parts::ModelParts,
        refusal::{damaged, unsupported},
    },
    error::Result,
    options::Iterations,
};

/// Drops the trees after the first iterations; each iteration is one tree. The rest is checked later.
pub(crate) fn select(parts: &mut ModelParts, wanted: Iterations) -> Result<()> {
    let all = parts.sizes.len();
    let count = match wanted {
        Iterations::AsLibrary | Iterations::All => return Ok(()),
        Iterations::Best => {
            return Err(unsupported(
                "does not say which iteration is the best, because CatBoost saves a model up to that one unless told \
                 otherwise; leave out `iterations: best`",
            ));
        }
        Iterations::First(count) if (1..=all).contains(&count) => count,
        Iterations::First(count) => {
            return Err(unsupported(format_args!("has {all} iterations, but its options ask for the first {count}")));
        }
    };
    if parts.leaf_weights.len().checked_mul(parts.dimension) != Some(parts.leaf_values.len()) {
        parts.leaf_weights.clear();
    }
    let is_oblivious = parts.steps.is_empty() && parts.node_leaves.is_empty();
    let (mut splits, mut leaves) = (0_usize, 0_usize);
    for &size in parts.sizes.iter().take(count) {
        let size = usize::try_from(size).map_err(|_| damaged("a tree is too large"))?;
        splits = splits.saturating_add(size);
        if is_oblivious && size > MAX_DEPTH {
            return Err(damaged(format_args!("a tree of depth {size} is deeper than {MAX_DEPTH}")));
        }
        leaves = leaves.saturating_add(1 << size.min(MAX_DEPTH));
    }
    parts.sizes.truncate(count);
    parts.starts.truncate(count);
    parts.splits.truncate(splits);
    if is_oblivious {
        parts.leaf_values.truncate(leaves.saturating_mul(parts.dimension));
        parts.leaf_weights.truncate(leaves);
    } else {
        // The leaves of other trees are not in order, and nothing leads to those that are left over.
        parts.steps.truncate(splits);
        parts.node_leaves.truncate(splits);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> ModelParts {
        ModelParts {
            dimension: 2,
            splits: vec![0, 1, 2],
            sizes: vec![1, 0, 2],
            starts: vec![0, 1, 1],
            leaf_values: vec![0.5; 14],
            leaf_weights: vec![1.0; 7],
            ..ModelParts::default()
        }
    }

    fn lengths(parts: &ModelParts) -> [usize; 4] {
        [parts.sizes.len(), parts.splits.len(), parts.leaf_values.len(), parts.leaf_weights.len()]
    }

    #[test]
    fn later_trees_are_dropped_with_their_leaves() {
        for (wanted, expected) in [
            (Iterations::AsLibrary, [3, 3, 14, 7]),
            (Iterations::All, [3, 3, 14, 7]),
            (Iterations::First(3), [3, 3, 14, 7]),
            (Iterations::First(2), [2, 1, 6, 3]),
            (Iterations::First(1), [1, 1, 4, 2]),
        ] {
            let mut parts = parts();
            select(&mut parts, wanted).unwrap();
            assert_eq!(lengths(&parts), expected, "{wanted:?}");
        }
    }

    #[test]
    fn damaged_sizes_are_refused() {
        for size in [-1, 17, i32::MAX] {
            let mut damaged = ModelParts { sizes: vec![size, 0, 2], ..parts() };
            assert!(select(&mut damaged, Iterations::First(1)).is_err(), "{size}");
        }
        let mut crossed = ModelParts { leaf_weights: vec![1.0; 3], ..parts() };
        select(&mut crossed, Iterations::First(2)).unwrap();
        assert!(crossed.leaf_weights.is_empty(), "weights that do not match the leaves are none");
    }
}
