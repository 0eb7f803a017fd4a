//! The trees, as flat arrays that a kernel walks from front to back.

use super::bins::Split;
use crate::{
    error::Result,
    file::{parts::Parts, refusal::damaged},
};

/// CatBoost trains no deeper oblivious trees, and a leaf's number fits into 16 bits.
pub const DEEPEST: usize = 16;

/// All trees of a model are of one shape. Values of leaves stand in [`super::Forest::leaf_values`].
#[derive(Debug, PartialEq, Eq)]
pub enum Trees {
    Oblivious(Oblivious),
    Branching(Branching),
}

/// Trees that ask the same condition on every node of a level (CatBoost's `SymmetricTree`).
///
/// The leaf's number has the first condition as its lowest bit. A tree of depth `d` has `2^d` leaves, one after
/// another, each with a value per dimension.
#[derive(Debug, PartialEq, Eq)]
pub struct Oblivious {
    /// Conditions of all trees, tree after tree.
    pub splits: Vec<Split>,
    /// Tree `t` has the conditions `split_starts[t]..split_starts[t + 1]`; one longer than there are trees.
    pub split_starts: Vec<usize>,
    /// The values of tree `t` begin at `value_starts[t]`; one longer than there are trees.
    pub value_starts: Vec<usize>,
}

/// Trees that ask a condition of its own at every node (`Depthwise`, `Lossguide`).
#[derive(Debug, PartialEq, Eq)]
pub struct Branching {
    /// Nodes of all trees, tree after tree. A child stands behind its parent, so every walk ends.
    pub nodes: Vec<Node>,
    /// The root of tree `t` is node `roots[t]`; one longer than there are trees.
    pub roots: Vec<usize>,
    /// Where the values of a node begin at which walks end; beyond all values for others.
    pub values: Vec<u32>,
}

/// One node of a [`Branching`] tree. A walk that would take a step of 0 ends here, with this node's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Node {
    pub split: Split,
    /// How far the child stands behind this node if the condition does not hold.
    pub left: u16,
    /// How far it stands if the condition holds.
    pub right: u16,
}

impl Node {
    /// Whether no walk goes on from here. Its condition means nothing then.
    #[must_use]
    #[inline]
    pub fn is_leaf(self) -> bool {
        self.left == 0 && self.right == 0
    }
}

impl Trees {
    /// How many trees there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let starts = match self {
            Self::Oblivious(trees) => &trees.split_starts,
            Self::Branching(trees) => &trees.roots,
        };
        starts.len().saturating_sub(1)
    }

    /// Whether the model is its bias alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks the trees of a file; `all` are the model's conditions by their number.
    pub(crate) fn grow(parts: &Parts, all: &[Split]) -> Result<Self> {
        if parts.steps.is_empty() && parts.node_leaves.is_empty() {
            Oblivious::grow(parts, all).map(Self::Oblivious)
        } else {
            Branching::grow(parts, all).map(Self::Branching)
        }
    }
}

/// Where each tree begins, and where the last ends; the file's own list of starts must agree.
fn starts(parts: &Parts) -> Result<Vec<usize>> {
    let mut starts = Vec::with_capacity(parts.sizes.len().saturating_add(1));
    let mut next = 0_usize;
    starts.push(next);
    for (&size, &start) in parts.sizes.iter().zip(&parts.starts) {
        if usize::try_from(start) != Ok(next) {
            return Err(damaged("its trees do not stand one behind the other"));
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

/// The condition with a number.
fn split(all: &[Split], id: i32) -> Result<Split> {
    let split = usize::try_from(id).ok().and_then(|id| all.get(id));
    split.copied().ok_or_else(|| damaged(format_args!("a tree asks for condition {id} of {}", all.len())))
}

impl Oblivious {
    /// How many trees there are, and one.
    pub(crate) fn len_with_end(&self) -> usize {
        self.split_starts.len()
    }

    /// Whether no tree asks more than `depth` conditions.
    pub(crate) fn are_within(&self, depth: usize) -> bool {
        self.split_starts.array_windows().all(|[from, to]| to.saturating_sub(*from) <= depth)
    }

    /// The conditions of one tree.
    #[must_use]
    pub fn of(&self, tree: usize) -> &[Split] {
        let from = self.split_starts.get(tree).copied().unwrap_or(0);
        let to = self.split_starts.get(tree.saturating_add(1)).copied().unwrap_or(from);
        self.splits.get(from..to).unwrap_or_default()
    }

    fn grow(parts: &Parts, all: &[Split]) -> Result<Self> {
        let split_starts = starts(parts)?;
        let mut value_starts = Vec::with_capacity(split_starts.len());
        let mut next = 0_usize;
        value_starts.push(next);
        for [from, to] in split_starts.array_windows() {
            let depth = to.saturating_sub(*from);
            if depth > DEEPEST {
                return Err(damaged(format_args!("a tree of depth {depth} is deeper than {DEEPEST}")));
            }
            let values = parts.dimension.checked_mul(1 << depth).and_then(|values| next.checked_add(values));
            next = values.ok_or_else(|| damaged("it has too many leaves"))?;
            value_starts.push(next);
        }
        if next != parts.leaf_values.len() {
            let have = parts.leaf_values.len();
            return Err(damaged(format_args!("its leaves have {have} values, its trees ask for {next}")));
        }
        let splits = parts.splits.iter().map(|&id| split(all, id)).collect::<Result<_>>()?;
        Ok(Self { splits, split_starts, value_starts })
    }
}

impl Branching {
    fn grow(parts: &Parts, all: &[Split]) -> Result<Self> {
        let roots = starts(parts)?;
        let count = parts.splits.len();
        if parts.steps.len() != count || parts.node_leaves.len() != count {
            return Err(damaged("its nodes, steps and leaves do not match"));
        }
        let mut nodes = Vec::with_capacity(count);
        let mut values = Vec::with_capacity(count);
        for [root, end] in roots.array_windows() {
            if root == end {
                return Err(damaged("a tree has no node"));
            }
            let pieces = parts.splits.iter().zip(&parts.steps).zip(&parts.node_leaves).enumerate();
            for (at, ((&id, &[left, right]), &leaf)) in pieces.take(*end).skip(*root) {
                let farthest = at.saturating_add(usize::from(left.max(right)));
                let ends_here = left == 0 || right == 0;
                if farthest >= *end || ends_here && !is_leaf(parts, leaf) {
                    return Err(damaged(format_args!("node {at} leads nowhere")));
                }
                let split = if left == 0 && right == 0 { Split::default() } else { split(all, id)? };
                nodes.push(Node { split, left, right });
                values.push(if ends_here { leaf } else { u32::MAX });
            }
        }
        Ok(Self { nodes, roots, values })
    }
}

/// Whether a leaf's values are where it says.
fn is_leaf(parts: &Parts, leaf: u32) -> bool {
    let Ok(from) = usize::try_from(leaf) else { return false };
    let end = from.checked_add(parts.dimension);
    from.checked_rem(parts.dimension) == Some(0) && end.is_some_and(|end| end <= parts.leaf_values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(parts: &Parts) -> String {
        Trees::grow(parts, &[Split::default()]).map_or_else(|fault| fault.to_string(), |_| "sound".to_owned())
    }

    #[test]
    fn oblivious_trees_fill_their_files() {
        let sound = || Parts {
            dimension: 1,
            splits: vec![0, 0, 0],
            sizes: vec![2, 0, 1],
            starts: vec![0, 2, 2],
            leaf_values: vec![0.0; 7],
            ..Parts::default()
        };
        assert_eq!(sentence(&sound()), "sound");
        assert!(sentence(&Parts { splits: vec![0, 1, 0], ..sound() }).contains("asks for condition 1 of 1"));
        assert!(sentence(&Parts { sizes: vec![2, 0, 2], ..sound() }).contains("too large"));
        assert!(sentence(&Parts { sizes: vec![2, 0, -1], ..sound() }).contains("too large"));
        assert!(sentence(&Parts { starts: vec![0, 2, 1], ..sound() }).contains("one behind the other"));
        assert!(sentence(&Parts { sizes: vec![2, 0], ..sound() }).contains("do not match"));
        assert!(sentence(&Parts { leaf_values: vec![0.0; 6], ..sound() }).contains("6 values, its trees ask for 7"));
        let deep = Parts { splits: vec![0; 40], sizes: vec![40], starts: vec![0], ..sound() };
        assert!(sentence(&deep).contains("a tree of depth 40"));
    }

    #[test]
    fn branching_trees_only_lead_forward() {
        let sound = || Parts {
            dimension: 2,
            splits: vec![0, 0, 0],
            sizes: vec![3],
            starts: vec![0],
            steps: vec![[1, 2], [0, 0], [0, 0]],
            node_leaves: vec![u32::MAX, 0, 2],
            leaf_values: vec![0.0; 4],
            ..Parts::default()
        };
        assert_eq!(sentence(&sound()), "sound");
        assert!(sentence(&Parts { steps: vec![[1, 3], [0, 0], [0, 0]], ..sound() }).contains("node 0 leads nowhere"));
        assert!(sentence(&Parts { steps: vec![[0, 2], [0, 0], [0, 0]], ..sound() }).contains("node 0 leads nowhere"));
        assert!(sentence(&Parts { node_leaves: vec![u32::MAX, 1, 2], ..sound() }).contains("node 1 leads nowhere"));
        assert!(sentence(&Parts { node_leaves: vec![u32::MAX, 0, 4], ..sound() }).contains("node 2 leads nowhere"));
        assert!(sentence(&Parts { sizes: vec![3, 0], starts: vec![0, 3], ..sound() }).contains("a tree has no node"));
    }
}
