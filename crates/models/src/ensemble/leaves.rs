//! The trees as partitions of the rows.

use std::collections::BTreeMap;

use super::{order::LeafOrder, scorer::TreeScorer, trees::Tree};
use crate::leaf_tree::{LeafChoices, LeafFeature, LeafTree};

/// Maximum number of leaves of all trees: counters take 4 bytes each.
const MAX_LEAVES: usize = 1 << 22;
/// Maximum number of values of all leaves.
const MAX_VALUES: usize = 1 << 24;

impl TreeScorer {
    /// The trees with their leaves, numbered from left to right. `None` if there are no trees, too many leaves, or leaves
    /// that are linear functions and so have no single value.
    pub(crate) fn leaf_trees(&self) -> Option<Vec<LeafTree>> {
        let leaves = self.trees.iter().map(Tree::leaves).fold(0, usize::saturating_add);
        let is_linear = self.trees.iter().any(|tree| !tree.linear.is_empty());
        if self.trees.is_empty()
            || is_linear
            || leaves > MAX_LEAVES
            || leaves.saturating_mul(self.outputs()) > MAX_VALUES
        {
            return None;
        }
        Some(self.trees.iter().map(|tree| leaf_tree(tree, self.outputs())).collect())
    }
}

fn leaf_tree(tree: &Tree, outputs: usize) -> LeafTree {
    let order = LeafOrder::new(tree);
    let mut values = vec![0.0; tree.leaves().saturating_mul(outputs)];
    for (own, number) in tree.values.chunks_exact(tree.width.max(1)).zip(&order.numbers) {
        let to = values.iter_mut().skip(number.saturating_mul(outputs).saturating_add(tree.output));
        to.zip(own).for_each(|(to, value)| *to = *value);
    }
    let mut choices: BTreeMap<usize, Vec<[usize; 3]>> = BTreeMap::new();
    for (node, sides) in tree.nodes.iter().zip(&order.sides) {
        choices.entry(node.feature).or_default().push(*sides);
    }
    let features = choices.into_iter().map(|(feature, nodes)| (feature, LeafChoices::Nodes(nodes)));
    let features = features.map(|(feature, choices)| LeafFeature { feature, choices }).collect();
    LeafTree { leaves: tree.leaves(), values, features }
}
