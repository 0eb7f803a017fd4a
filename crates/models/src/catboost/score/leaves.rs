//! The leaf of each row in each tree, from the bins that are scored, and the trees as partitions of the rows.
//!
//! Leaves of an oblivious tree are numbered as in CatBoost: the first condition is the lowest bit. Leaves of a branching
//! tree are numbered from left to right, so that those below a node are consecutive.

use std::{collections::BTreeMap, ops::Range};

use super::{
    quantise::BinBlock,
    walk::{end_of_walk, find_leaves},
};
use crate::{
    catboost::forest::{
        Forest,
        bins::BinColumn,
        trees::{Branching, Oblivious, TreeNode, Trees},
    },
    error::{ModelError, Result},
    inputs::Inputs,
    leaf_tree::{LeafChoices, LeafFeature, LeafTree},
};

/// Maximum number of leaves of all trees: counters take 4 bytes each.
const MAX_LEAVES: usize = 1 << 22;

impl Forest {
    /// Like [`Forest::predict_raw`], with the same bits, and passes on which leaf each row is in, block by block and tree
    /// by tree: the number of the tree, the number of the first row of the block, and one leaf per row.
    pub fn predict_raw_with_leaves(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
        sink: &mut dyn FnMut(usize, usize, &[u32]),
    ) -> Result<()> {
        let ends = match &self.trees {
            Trees::Oblivious(_) => Vec::new(),
            Trees::Branching(trees) => {
                let nodes = number_nodes(trees).ok_or_else(|| ModelError::new("two nodes of a tree have one child"))?;
                trees.nodes.iter().zip(&nodes).map(|(node, numbered)| numbered.end(*node)).collect()
            }
        };
        let mut leaves: Vec<u32> = Vec::new();
        self.score_blocks(inputs, rows, out, |first, block| {
            leaves.resize(block.rows, 0);
            for tree in 0..self.trees.len() {
                match &self.trees {
                    Trees::Oblivious(trees) => find_leaves(trees.splits_of(tree), block, &mut leaves),
                    Trees::Branching(trees) => find_ends(trees, tree, &ends, block, &mut leaves),
                }
                sink(tree, first, &leaves);
            }
        })
    }

    /// The trees with their leaves; `None` if there are no trees, or more than 2²² leaves.
    #[must_use]
    pub fn leaf_trees(&self) -> Option<Vec<LeafTree>> {
        if self.trees.is_empty() {
            return None;
        }
        match &self.trees {
            Trees::Oblivious(trees) => self.oblivious_leaf_trees(trees),
            Trees::Branching(trees) => self.branching_leaf_trees(trees),
        }
    }

    fn oblivious_leaf_trees(&self, trees: &Oblivious) -> Option<Vec<LeafTree>> {
        let of_tree = |tree: usize| 1_usize << trees.splits_of(tree).len();
        if (0..self.trees.len()).map(of_tree).fold(0, usize::saturating_add) > MAX_LEAVES {
            return None;
        }
        let one = |(tree, [from, to]): (usize, &[usize; 2])| {
            let mut bits: BTreeMap<usize, usize> = BTreeMap::new();
            for (place, split) in trees.splits_of(tree).iter().enumerate() {
                for feature in self.features_of(split.column) {
                    *bits.entry(feature).or_default() |= 1 << place;
                }
            }
            let features = bits.into_iter().map(|(feature, bits)| (feature, LeafChoices::Bits(bits)));
            LeafTree {
                leaves: of_tree(tree),
                values: self.leaf_values.get(*from..*to).unwrap_or_default().to_vec(),
                features: features.map(|(feature, choices)| LeafFeature { feature, choices }).collect(),
            }
        };
        Some(trees.value_starts.array_windows().enumerate().map(one).collect())
    }

    fn branching_leaf_trees(&self, trees: &Branching) -> Option<Vec<LeafTree>> {
        let numbered = number_nodes(trees)?;
        let sizes = trees.roots.iter().filter_map(|root| numbered.get(*root)).map(NumberedNode::leaves);
        if sizes.fold(0, usize::saturating_add) > MAX_LEAVES {
            return None;
        }
        let one = |[root, end]: &[usize; 2]| {
            let leaves = numbered.get(*root)?.leaves();
            let mut values = vec![0.0; leaves.checked_mul(self.dimension)?];
            let mut choices: BTreeMap<usize, Vec<[usize; 3]>> = BTreeMap::new();
            let nodes = trees.nodes.iter().zip(&trees.values).zip(&numbered);
            for ((node, value), own) in nodes.take(*end).skip(*root) {
                let Some(first) = own.first else { continue };
                if node.left == 0 || node.right == 0 {
                    let from = usize::try_from(*value).ok()?;
                    let own_values = self.leaf_values.get(from..from.checked_add(self.dimension)?)?;
                    let to = usize::try_from(own.end(*node)).ok()?.checked_mul(self.dimension)?;
                    values.get_mut(to..to.checked_add(self.dimension)?)?.copy_from_slice(own_values);
                }
                if !node.is_leaf() {
                    for feature in self.features_of(node.split.column) {
                        let middle = first + own.sides[0];
                        choices.entry(feature).or_default().push([first, middle, first + own.leaves()]);
                    }
                }
            }
            let features = choices.into_iter().map(|(feature, nodes)| (feature, LeafChoices::Nodes(nodes)));
            let features = features.map(|(feature, choices)| LeafFeature { feature, choices }).collect();
            Some(LeafTree { leaves, values, features })
        };
        trees.roots.array_windows().map(one).collect()
    }

    /// The features that a condition on this column reads, each once. For a CTR, these include the features of conditions
    /// in its key.
    fn features_of(&self, column: u16) -> Vec<usize> {
        let column_at = |column: u16| self.binning.columns.get(usize::from(column));
        let direct = |column: Option<&BinColumn>| match column {
            Some(BinColumn::Number { feature, .. } | BinColumn::Level { feature, .. }) => Some(*feature),
            Some(BinColumn::Ctr { .. }) | None => None,
        };
        let mut features: Vec<usize> = match column_at(column) {
            Some(BinColumn::Ctr { projection }) => {
                let projection = self.binning.projections.get(*projection);
                let keys = projection.into_iter().flat_map(|projection| {
                    let conditions = projection.splits.iter().filter_map(|split| direct(column_at(split.column)));
                    projection.features.iter().copied().chain(conditions)
                });
                keys.collect()
            }
            other => direct(other).into_iter().collect(),
        };
        features.sort_unstable();
        features.dedup();
        features
    }
}

/// A node of a branching tree with the leaves below it.
#[derive(Debug, Clone, Copy, Default)]
struct NumberedNode {
    /// The first of its leaves; `None` if no walk reaches the node.
    first: Option<usize>,
    /// Numbers of leaves on its left and its right side; a leaf counts as left.
    sides: [usize; 2],
}

impl NumberedNode {
    fn leaves(&self) -> usize {
        self.sides[0].saturating_add(self.sides[1])
    }

    /// The leaf of walks that end at this node.
    fn end(&self, node: TreeNode) -> u32 {
        let first = self.first.unwrap_or(0);
        let leaf = if node.left == 0 { first } else { first.saturating_add(self.sides[0]) };
        u32::try_from(leaf).unwrap_or(u32::MAX)
    }
}

/// Numbers the leaves of each tree. `None` if two nodes have one child, or a tree has more than 2²² leaves.
fn number_nodes(trees: &Branching) -> Option<Vec<NumberedNode>> {
    let mut numbered = vec![NumberedNode::default(); trees.nodes.len()];
    // Children come after their parents.
    for (at, node) in trees.nodes.iter().enumerate().rev() {
        let side = |step: u16| {
            if step == 0 { Some(1) } else { numbered.get(at + usize::from(step)).map(NumberedNode::leaves) }
        };
        let sides = if node.is_leaf() { [1, 0] } else { [side(node.left)?, side(node.right)?] };
        let own = numbered.get_mut(at)?;
        own.sides = sides;
        if own.leaves() > MAX_LEAVES {
            return None;
        }
    }
    for [root, end] in trees.roots.array_windows() {
        numbered.get_mut(*root)?.first = Some(0);
        for (at, node) in trees.nodes.iter().enumerate().take(*end).skip(*root) {
            let own = numbered.get(at).copied()?;
            let Some(first) = own.first else { continue };
            for (step, first) in [(node.left, first), (node.right, first + own.sides[0])] {
                if step > 0 && numbered.get_mut(at + usize::from(step))?.first.replace(first).is_some() {
                    return None;
                }
            }
        }
    }
    Some(numbered)
}

/// Finds the leaf of each row in a branching tree. `ends`: the leaf of each node at which walks end.
#[expect(clippy::indexing_slicing, reason = "there is a root for each tree, and an end for each node")]
fn find_ends(trees: &Branching, tree: usize, ends: &[u32], block: &BinBlock, leaves: &mut [u32]) {
    let root = trees.roots[tree];
    leaves.iter_mut().enumerate().for_each(|(row, leaf)| *leaf = ends[end_of_walk(trees, root, block, row)]);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float32Array};

    use super::*;

    fn forest(trees: &str) -> Forest {
        let json = format!(
            r#"{{"features_info":{{"float_features":[
                {{"feature_index":0,"flat_feature_index":0,"borders":[0,1]}},
                {{"feature_index":1,"flat_feature_index":1,"borders":[0]}}]}},{trees}}}"#
        );
        Forest::from_bytes("model.json", json.as_bytes()).unwrap()
    }

    /// The leaves of four rows, and the raw outputs with and without them.
    fn leaves(forest: &Forest) -> Vec<Vec<u32>> {
        let column = |values: [f32; 4]| -> Option<ArrayRef> { Some(Arc::new(Float32Array::from(values.to_vec()))) };
        let inputs = forest.inputs(4, &[column([-1.0, 0.5, 2.0, 2.0]), column([-1.0, 1.0, -1.0, 1.0])]).unwrap();
        let (mut raw, mut plain) = ([0.0; 4], [0.0; 4]);
        let mut found = vec![Vec::new(); forest.trees().len()];
        let sink = &mut |tree: usize, first: usize, leaves: &[u32]| {
            assert_eq!(first, found[tree].len());
            found[tree].extend_from_slice(leaves);
        };
        forest.predict_raw_with_leaves(&inputs, 0..4, &mut raw, sink).unwrap();
        forest.predict_raw(&inputs, 0..4, &mut plain).unwrap();
        assert_eq!(raw.map(f64::to_bits), plain.map(f64::to_bits));
        // The scores are the sums of the leaves' values.
        let trees = forest.leaf_trees().unwrap();
        let sum = |row: usize| {
            trees.iter().zip(&found).fold(0.0, |sum, (tree, leaves)| sum + tree.values[leaves[row] as usize])
        };
        assert_eq!([0, 1, 2, 3].map(sum).map(f64::to_bits), raw.map(f64::to_bits));
        found
    }

    #[test]
    fn the_first_condition_of_an_oblivious_tree_is_the_lowest_bit() {
        let forest = forest(
            r#""oblivious_trees":[
                {"leaf_values":[1,2,4,8,16,32,64,128],"splits":[{"split_index":0},{"split_index":2},{"split_index":1}]},
                {"leaf_values":[5],"splits":[]}]"#,
        );
        assert_eq!(leaves(&forest), [vec![0, 3, 5, 7], vec![0; 4]]);
        let trees = forest.leaf_trees().unwrap();
        let bits = |feature, bits| LeafFeature { feature, choices: LeafChoices::Bits(bits) };
        assert_eq!(trees[0].features, [bits(0, 0b101), bits(1, 0b10)]);
        assert_eq!((trees[0].leaves, trees[1].leaves, trees[1].features.len()), (8, 1, 0));
    }

    #[test]
    fn leaves_of_a_branching_tree_are_numbered_from_left_to_right() {
        let leaf = |value: u32| format!(r#"{{"value":{value},"weight":1}}"#);
        let node = |split: u32, left: &str, right: &str| {
            format!(r#"{{"split":{{"split_index":{split}}},"left":{left},"right":{right}}}"#)
        };
        let deep = node(0, &leaf(1), &node(2, &node(1, &leaf(2), &leaf(4)), &leaf(8)));
        let forest = forest(&format!(r#""trees":[{deep},{}]"#, leaf(16)));
        // (−1, −1) is left at the root; (0.5, 1) and (2, 1) meet the second condition; (2, −1) does not.
        assert_eq!(leaves(&forest), [vec![0, 3, 2, 3], vec![0; 4]]);
        let trees = forest.leaf_trees().unwrap();
        assert_eq!(trees[0].values, [1.0, 2.0, 4.0, 8.0]);
        let nodes =
            |feature, nodes: &[[usize; 3]]| LeafFeature { feature, choices: LeafChoices::Nodes(nodes.to_vec()) };
        assert_eq!(trees[0].features, [nodes(0, &[[0, 1, 4], [1, 2, 3]]), nodes(1, &[[1, 3, 4]])]);
    }

    #[test]
    fn a_model_without_trees_has_no_leaves() {
        assert_eq!(forest(r#""oblivious_trees":null"#).leaf_trees(), None);
    }
}
