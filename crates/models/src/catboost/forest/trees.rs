//! Trees as flat arrays, which kernels traverse from front to back.

use super::split::Split;
use crate::{
    catboost::file::{parts::ModelParts, refusal::damaged},
    error::Result,
};

/// Maximum depth of oblivious trees. CatBoost trains none deeper, and leaf numbers fit into 16 bits.
pub const MAX_DEPTH: usize = 16;

/// The trees of a model, all of the same shape. Leaf values are in [`Forest::leaf_values`](super::Forest::leaf_values).
#[derive(Debug, PartialEq, Eq)]
pub enum Trees {
    /// One condition per level.
    Oblivious(Oblivious),
    /// One condition per node.
    Branching(Branching),
}

/// Trees that test the same condition at every node of a level (CatBoost's `SymmetricTree`).
///
/// The first condition is the lowest bit of the leaf number. A tree of depth `d` has `2^d` consecutive leaves, each with
/// one value per dimension.
#[derive(Debug, PartialEq, Eq)]
pub struct Oblivious {
    /// Conditions of all trees, tree by tree.
    pub splits: Vec<Split>,
    /// Tree `t` has the conditions `split_starts[t]..split_starts[t + 1]`; one element more than there are trees.
    pub split_starts: Vec<usize>,
    /// The values of tree `t` begin at `value_starts[t]`; one element more than there are trees.
    pub value_starts: Vec<usize>,
}

/// Trees with a condition per node (`Depthwise`, `Lossguide`).
#[derive(Debug, PartialEq, Eq)]
pub struct Branching {
    /// Nodes of all trees, tree by tree. A child comes after its parent, so every walk ends.
    pub nodes: Vec<TreeNode>,
    /// The root of tree `t` is node `roots[t]`; one element more than there are trees.
    pub roots: Vec<usize>,
    /// For nodes where a walk can end, the start of their values; out of range for others.
    pub values: Vec<u32>,
}

/// One node of a [`Branching`] tree. If the step to take is 0, the walk ends with the values of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TreeNode {
    /// The condition; meaningless for a leaf.
    pub split: Split,
    /// Offset from this node to the child for rows that do not meet the condition.
    pub left: u16,
    /// Offset from this node to the child for rows that meet it.
    pub right: u16,
}

impl TreeNode {
    /// Returns true if every walk that reaches this node ends here.
    #[must_use]
    #[inline]
    pub fn is_leaf(self) -> bool {
        self.left == 0 && self.right == 0
    }
}

impl Trees {
    /// Number of trees.
    #[must_use]
    pub fn len(&self) -> usize {
        let starts = match self {
            Self::Oblivious(trees) => &trees.split_starts,
            Self::Branching(trees) => &trees.roots,
        };
        starts.len().saturating_sub(1)
    }

    /// Returns true if there are no trees, so that the model is its bias.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks and converts the trees of a file. `all` are the conditions of the model by number.
    pub(crate) fn from_parts(parts: &ModelParts, all: &[Split]) -> Result<Self> {
        if parts.steps.is_empty() && parts.node_leaves.is_empty() {
            Oblivious::from_parts(parts, all).map(Self::Oblivious)
        } else {
            Branching::from_parts(parts, all).map(Self::Branching)
        }
    }
}

/// Start of each tree, and end of the last. The starts listed in the file must agree.
fn starts(parts: &ModelParts) -> Result<Vec<usize>> {
    let mut starts = Vec::with_capacity(parts.sizes.len().saturating_add(1));
    let mut next = 0_usize;
    starts.push(next);
    for (&size, &start) in parts.sizes.iter().zip(&parts.starts) {
        if usize::try_from(start) != Ok(next) {
            return Err(damaged("its trees are not consecutive"));
        }
        let size = usize::try_from(size).ok().and_then(|size| next.checked_add(size));
        next = size.filter(|&end| end <= parts.splits.len()).ok_or_else(|| damaged("a tree is too large"))?;
        starts.push(next);
    }
    if parts.sizes.len() != parts.starts.len() || next != parts.splits.len() {
        return Err(damaged("its trees and their conditions do not match"));
    }
    Ok(starts)
}

/// The condition with this number.
fn split(all: &[Split], id: i32) -> Result<Split> {
    let split = usize::try_from(id).ok().and_then(|id| all.get(id));
    split.copied().ok_or_else(|| damaged(format_args!("a tree uses condition {id} of {}", all.len())))
}

impl Oblivious {
    /// Number of trees plus one: the length of the arrays of starts.
    pub(crate) fn starts_len(&self) -> usize {
        self.split_starts.len()
    }

    /// Returns true if no tree is deeper than `depth`.
    pub(crate) fn is_within_depth(&self, depth: usize) -> bool {
        self.split_starts.array_windows().all(|[from, to]| to.saturating_sub(*from) <= depth)
    }

    /// The conditions of one tree.
    #[must_use]
    pub fn splits_of(&self, tree: usize) -> &[Split] {
        let from = self.split_starts.get(tree).copied().unwrap_or(0);
        let to = self.split_starts.get(tree.saturating_add(1)).copied().unwrap_or(from);
        self.splits.get(from..to).unwrap_or_default()
    }

    fn from_parts(parts: &ModelParts, all: &[Split]) -> Result<Self> {
        let split_starts = starts(parts)?;
        let mut value_starts = Vec::with_capacity(split_starts.len());
        let mut next = 0_usize;
        value_starts.push(next);
        for [from, to] in split_starts.array_windows() {
            let depth = to.saturating_sub(*from);
            if depth > MAX_DEPTH {
                return Err(damaged(format_args!("a tree of depth {depth} is deeper than {MAX_DEPTH}")));
            }
            let values = parts.dimension.checked_mul(1 << depth).and_then(|values| next.checked_add(values));
            next = values.ok_or_else(|| damaged("it has too many leaves"))?;
            value_starts.push(next);
        }
        if next != parts.leaf_values.len() {
            let have = parts.leaf_values.len();
            return Err(damaged(format_args!("it has {have} leaf values, but its trees need {next}")));
        }
        let splits = parts.splits.iter().map(|&id| split(all, id)).collect::<Result<_>>()?;
        Ok(Self { splits, split_starts, value_starts })
    }
}

impl Branching {
    fn from_parts(parts: &ModelParts, all: &[Split]) -> Result<Self> {
        let roots = starts(parts)?;
        let count = parts.splits.len();
        if parts.steps.len() != count || parts.node_leaves.len() != count {
            return Err(damaged("its nodes, steps and leaves do not match"));
        }
        let mut nodes = Vec::with_capacity(count);
        let mut values = Vec::with_capacity(count);
        for [root, end] in roots.array_windows() {
            if root == end {
                return Err(damaged("a tree has no nodes"));
            }
            let pieces = parts.splits.iter().zip(&parts.steps).zip(&parts.node_leaves).enumerate();
            for (at, ((&id, &[left, right]), &leaf)) in pieces.take(*end).skip(*root) {
                let farthest = at.saturating_add(usize::from(left.max(right)));
                let ends_here = left == 0 || right == 0;
                if farthest >= *end || ends_here && !is_leaf(parts, leaf) {
                    return Err(damaged(format_args!("node {at} has no valid child or leaf")));
                }
                let split = if left == 0 && right == 0 { Split::default() } else { split(all, id)? };
                nodes.push(TreeNode { split, left, right });
                values.push(if ends_here { leaf } else { u32::MAX });
            }
        }
        Ok(Self { nodes, roots, values })
    }
}

/// Returns true if the values of a leaf begin at a valid index.
fn is_leaf(parts: &ModelParts, leaf: u32) -> bool {
    let Ok(from) = usize::try_from(leaf) else { return false };
    let end = from.checked_add(parts.dimension);
    from.checked_rem(parts.dimension) == Some(0) && end.is_some_and(|end| end <= parts.leaf_values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(parts: &ModelParts) -> String {
        Trees::from_parts(parts, &[Split::default()]).map_or_else(|error| error.to_string(), |_| "sound".to_owned())
    }

    #[test]
    fn damaged_oblivious_trees_are_refused() {
        let sound = || ModelParts {
            dimension: 1,
            splits: vec![0, 0, 0],
            sizes: vec![2, 0, 1],
            starts: vec![0, 2, 2],
            leaf_values: vec![0.0; 7],
            ..ModelParts::default()
        };
        assert_eq!(outcome(&sound()), "sound");
        assert!(outcome(&ModelParts { splits: vec![0, 1, 0], ..sound() }).contains("uses condition 1 of 1"));
        assert!(outcome(&ModelParts { sizes: vec![2, 0, 2], ..sound() }).contains("too large"));
        assert!(outcome(&ModelParts { sizes: vec![2, 0, -1], ..sound() }).contains("too large"));
        assert!(outcome(&ModelParts { starts: vec![0, 2, 1], ..sound() }).contains("not consecutive"));
        assert!(outcome(&ModelParts { sizes: vec![2, 0], ..sound() }).contains("do not match"));
        assert!(
            outcome(&ModelParts { leaf_values: vec![0.0; 6], ..sound() })
                .contains("6 leaf values, but its trees need 7")
        );
        let deep = ModelParts { splits: vec![0; 40], sizes: vec![40], starts: vec![0], ..sound() };
        assert!(outcome(&deep).contains("a tree of depth 40"));
    }

    #[test]
    fn damaged_branching_trees_are_refused() {
        let sound = || ModelParts {
            dimension: 2,
            splits: vec![0, 0, 0],
            sizes: vec![3],
            starts: vec![0],
            steps: vec![[1, 2], [0, 0], [0, 0]],
            node_leaves: vec![u32::MAX, 0, 2],
            leaf_values: vec![0.0; 4],
            ..ModelParts::default()
        };
        assert_eq!(outcome(&sound()), "sound");
        assert!(
            outcome(&ModelParts { steps: vec![[1, 3], [0, 0], [0, 0]], ..sound() })
                .contains("node 0 has no valid child or leaf")
        );
        assert!(
            outcome(&ModelParts { steps: vec![[0, 2], [0, 0], [0, 0]], ..sound() })
                .contains("node 0 has no valid child or leaf")
        );
        assert!(
            outcome(&ModelParts { node_leaves: vec![u32::MAX, 1, 2], ..sound() })
                .contains("node 1 has no valid child or leaf")
        );
        assert!(
            outcome(&ModelParts { node_leaves: vec![u32::MAX, 0, 4], ..sound() })
                .contains("node 2 has no valid child or leaf")
        );
        assert!(
            outcome(&ModelParts { sizes: vec![3, 0], starts: vec![0, 3], ..sound() }).contains("a tree has no nodes")
        );
    }
}
