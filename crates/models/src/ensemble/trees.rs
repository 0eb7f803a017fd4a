//! Branching trees in memory: nodes, conditions, leaves, and the rules of the family they come from.
//!
//! Every value is a 64-bit float here. Single-precision values, thresholds and leaves are widened, which changes neither
//! a comparison nor, with [`EnsembleRules::sum`], a sum. A level of a category is its code as a number; NaN is a missing one, and
//! −1 one that the model does not know.

use std::ops::Range;

use crate::{
    error::{ModelError, Result},
    feature::InputPrecision,
};

/// Trees whose leaf values add up to the raw outputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ensemble {
    /// Number of features that nodes can refer to.
    pub features: usize,
    /// What each output starts from.
    pub base: Vec<f64>,
    /// In the order in which they are added.
    pub trees: Vec<Tree>,
    pub rules: EnsembleRules,
}

/// How the trees of a family read values and add up leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EnsembleRules {
    /// The precision to which a value is rounded before anything else.
    pub input: InputPrecision,
    /// The precision of the sums: rounded after each addition.
    pub sum: InputPrecision,
    pub comparison: SplitComparison,
    /// Values up to this distance from zero, after rounding, are +0 to every condition. 0 if there is no such rule.
    pub zero_within: f64,
}

/// The comparison that sends a value to the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SplitComparison {
    /// Value ≤ threshold.
    AtMost,
    /// Value < threshold.
    Below,
}

/// One tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tree {
    /// The root first; a child comes after its parent. Empty if the tree is a single leaf.
    pub nodes: Vec<Node>,
    /// Values of the leaves, [`Tree::width`] per leaf, with the tree's weight multiplied in.
    pub values: Vec<f64>,
    /// Number of values per leaf: 1, or the number of outputs.
    pub width: usize,
    /// The output to which the first value of a leaf is added.
    pub output: usize,
    /// Weight of the training rows in each leaf.
    pub leaf_covers: Vec<f64>,
    /// For leaves that are linear functions, one per leaf; otherwise empty.
    pub linear: Vec<LinearLeaf>,
    /// Sets of categories as bits, 32 per word.
    pub sets: Vec<u32>,
}

/// A condition and where it leads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub feature: usize,
    pub condition: SplitCondition,
    pub left: Child,
    pub right: Child,
    /// Weight of the training rows that reach the node.
    pub cover: f64,
}

/// What decides between left and right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SplitCondition {
    /// Left if the value compares with the threshold.
    Threshold { threshold: f64, missing: MissingValues, missing_left: bool },
    /// By membership in a set of categories. The code is truncated toward zero; codes below zero or beyond the set are
    /// not members.
    Set {
        /// Words of [`Tree::sets`].
        words: Range<usize>,
        members_left: bool,
        missing_left: bool,
    },
}

/// Which values are missing to a threshold, and so go to the side of missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum MissingValues {
    /// None; NaN counts as 0.
    Nothing,
    /// 0, and NaN, which counts as 0.
    Zero,
    /// NaN.
    Nan,
}

/// Where a side of a node leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Child {
    /// Index into [`Tree::nodes`].
    Node(usize),
    /// Number of a leaf.
    Leaf(usize),
}

/// A leaf whose value is a linear function: `constant + Σ coefficient · value`, rounded after each step, in this order.
/// If one of the values is NaN, the value is that in [`Tree::values`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct LinearLeaf {
    pub constant: f64,
    /// Features and coefficients.
    pub terms: Vec<(usize, f64)>,
}

impl Tree {
    /// Number of leaves.
    pub(crate) fn leaves(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// A tree with a single leaf.
    #[cfg(test)]
    pub(crate) fn constant(values: Vec<f64>, output: usize, cover: f64) -> Self {
        Self { width: values.len(), values, output, leaf_covers: vec![cover], ..Self::default() }
    }
}

impl Ensemble {
    /// Number of raw outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.base.len()
    }

    /// Checks what scoring relies on: every index exists, a child comes after its parent and has one parent, and every
    /// leaf belongs to one node. Readers call it before they return an ensemble.
    pub(crate) fn validated(self) -> Result<Self> {
        for (number, tree) in self.trees.iter().enumerate() {
            self.check(tree).map_err(|what| ModelError::new(format!("the file is damaged: tree {number}: {what}")))?;
        }
        Ok(self)
    }

    fn check(&self, tree: &Tree) -> Result<(), &'static str> {
        let leaves = tree.leaves();
        if leaves == 0 || tree.values.len() != leaves * tree.width || tree.leaf_covers.len() != leaves {
            return Err("its leaves have no values");
        }
        if tree.output.checked_add(tree.width).is_none_or(|end| end > self.outputs()) {
            return Err("it adds to an output that does not exist");
        }
        if !tree.linear.is_empty() && (tree.linear.len() != leaves || tree.width != 1) {
            return Err("its linear leaves do not match its leaves");
        }
        let mut terms = tree.linear.iter().flat_map(|leaf| &leaf.terms);
        if terms.any(|(feature, _)| *feature >= self.features) {
            return Err("a linear leaf reads a feature that does not exist");
        }
        if tree.nodes.is_empty() {
            return if leaves == 1 { Ok(()) } else { Err("it has leaves but no conditions") };
        }
        let (mut reached, mut is_used) = (vec![false; tree.nodes.len()], vec![false; leaves]);
        reached.first_mut().into_iter().for_each(|root| *root = true);
        for (at, node) in tree.nodes.iter().enumerate() {
            if node.feature >= self.features {
                return Err("a condition reads a feature that does not exist");
            }
            match &node.condition {
                SplitCondition::Threshold { threshold, .. } if threshold.is_nan() => {
                    return Err("a threshold is not a number");
                }
                SplitCondition::Set { words, .. } if tree.sets.get(words.clone()).is_none() => {
                    return Err("a set of categories is missing");
                }
                _ => {}
            }
            for child in [node.left, node.right] {
                let slot = match child {
                    Child::Node(child) if child > at => reached.get_mut(child),
                    Child::Node(_) => return Err("a child comes before its parent"),
                    Child::Leaf(leaf) => is_used.get_mut(leaf),
                };
                match slot {
                    Some(slot) if !*slot => *slot = true,
                    Some(_) => return Err("two conditions lead to the same place"),
                    None => return Err("a condition leads nowhere"),
                }
            }
        }
        if reached.iter().chain(&is_used).all(|used| *used) { Ok(()) } else { Err("a part of it is unreachable") }
    }
}
