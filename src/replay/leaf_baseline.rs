//! What a window's leaves are compared with: those of the reference's rows, pooled into cells, and two chance laws.

use vigie_models::{LeafTree, Model};
use vigie_stats::{LeafPooling, LeafShift, SimulatedLaw, TreeShift};

use super::{LeafCounts, leaf_simulation::simulate};
use crate::{fault::Result, reference::ReferenceLeaves};

/// With fewer reference rows there is no p-value: the law of windows drawn from 5,000 rows gave p ≤ 0.01 to 2% of windows.
pub(super) const MIN_REFERENCE_ROWS: u64 = 10_000;

/// The leaves of the reference's rows in the trees of its model.
#[derive(Debug)]
pub struct LeafBaseline {
    pub(super) trees: Vec<LeafTree>,
    pub(super) reference: ReferenceLeaves,
    pub(super) poolings: Vec<LeafPooling>,
    /// p-value of `overall` and `strongest` together; `None` if the reference has too few rows.
    pub(super) laws: Option<[SimulatedLaw; 2]>,
}

impl LeafBaseline {
    /// Takes the leaves that were counted with this model. `None` if they are not those of its trees.
    #[must_use]
    pub fn new(model: &Model, reference: ReferenceLeaves) -> Option<Self> {
        let trees = model.leaf_trees()?;
        let has_leaves = |(tree, counts): (&LeafTree, &Vec<u32>)| tree.leaves == counts.len();
        let is_same = trees.len() == reference.counts.len() && trees.iter().zip(&reference.counts).all(has_leaves);
        let poolings: Vec<LeafPooling> = reference.counts.iter().map(|counts| LeafPooling::new(counts)).collect();
        let [overall, strongest] = reference.draws.clone();
        let laws = SimulatedLaw::new(overall).zip(SimulatedLaw::new(strongest)).map(Into::into);
        is_same.then_some(Self { trees, reference, poolings, laws })
    }

    /// Learns what [`LeafBaseline::new`] takes, from the counts of all reference rows. `None` if no tree that moves the
    /// score divides them, so that there is nothing to compare. `sample` returns the cells of some of the rows, row by row
    /// and tree by tree; it is called only if there are enough rows to simulate windows.
    pub fn learn(
        model: &Model,
        trees: &[LeafTree],
        counts: LeafCounts,
        sample: impl FnOnce(&[LeafPooling]) -> Result<Vec<u8>>,
    ) -> Result<Option<ReferenceLeaves>> {
        let rows = counts.rows();
        let counts = counts.into_trees();
        let poolings: Vec<LeafPooling> = counts.iter().map(|counts| LeafPooling::new(counts)).collect();
        let weights: Vec<f64> = trees.iter().zip(&counts).map(|(tree, counts)| variance(tree, counts)).collect();
        let shift =
            |(pooling, weight): (&LeafPooling, &f64)| TreeShift { statistic: 0.0, dof: pooling.dof(), weight: *weight };
        if LeafShift::new(&poolings.iter().zip(&weights).map(shift).collect::<Vec<_>>()).is_none() {
            return Ok(None);
        }
        let draws = if rows < MIN_REFERENCE_ROWS {
            [Vec::new(), Vec::new()]
        } else {
            simulate(&sample(&poolings)?, &poolings, &weights)
        };
        Ok(Some(ReferenceLeaves { model_sha256: model.sha256_hex(), rows, counts, weights, draws }))
    }

    /// Counts without rows.
    #[must_use]
    pub fn empty_counts(&self) -> LeafCounts {
        LeafCounts::empty(&self.trees)
    }
}

/// Variance of a tree's value over rows with these counts by leaf, summed over output dimensions. 0 if it is not finite.
fn variance(tree: &LeafTree, counts: &[u32]) -> f64 {
    let dimension = tree.values.len().checked_div(tree.leaves).unwrap_or(0);
    let rows = counts.iter().fold(0.0, |sum, count| sum + f64::from(*count)).max(1.0);
    let mean = |of: &dyn Fn(f64) -> f64, place: usize| {
        let values = tree.values.iter().skip(place).step_by(dimension);
        let reached = values.zip(counts).filter(|(_, count)| **count > 0);
        reached.fold(0.0, |sum, (value, count)| sum + f64::from(*count) * of(*value)) / rows
    };
    let variance = (0..dimension).fold(0.0, |sum, place| {
        let middle = mean(&|value| value, place);
        sum + mean(&|value| (value - middle) * (value - middle), place)
    });
    if variance.is_finite() { variance } else { 0.0 }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn variance_of_a_tree_over_its_rows() {
        let tree = |leaves, values: &[f64]| LeafTree { leaves, values: values.to_vec(), features: Vec::new() };
        assert_eq!(variance(&tree(2, &[1.0, 3.0]), &[5, 5]), 1.0);
        assert_eq!(variance(&tree(2, &[1.0, 3.0]), &[0, 5]), 0.0);
        assert_eq!(variance(&tree(2, &[1.0, 3.0]), &[0, 0]), 0.0);
        // Two dimensions, leaf by leaf: 1 and 3, 0 and 4.
        assert_eq!(variance(&tree(2, &[1.0, 0.0, 3.0, 4.0]), &[5, 5]), 5.0);
        // A leaf that no row reaches does not count; others may have any value.
        assert_eq!(variance(&tree(2, &[f64::NAN, 3.0]), &[0, 5]), 0.0);
        assert_eq!(variance(&tree(2, &[f64::INFINITY, 3.0]), &[1, 5]), 0.0);
    }
}
