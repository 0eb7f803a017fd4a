//! The trees of a model as partitions of the rows: their leaves, and which features decide between them.

use std::ops::Range;

/// One tree of a model. Every row is in one of its leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafTree {
    /// Number of leaves, at least 1. They are numbered from 0.
    pub leaves: usize,
    /// What each leaf adds to the raw outputs: leaf by leaf, one value per output dimension. May be infinite or NaN.
    pub values: Vec<f64>,
    /// The features that conditions of the tree read, in ascending order.
    pub features: Vec<LeafFeature>,
}

/// A feature that decides between leaves of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafFeature {
    /// Index into [`Model::features`](crate::Model::features).
    pub feature: usize,
    /// Where it decides.
    pub choices: LeafChoices,
}

/// The decisions of one feature within a tree. Each divides the rows of some leaves into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeafChoices {
    /// A tree that tests the same conditions everywhere: leaves whose numbers differ only in these bits.
    Bits(usize),
    /// A tree with a condition per node: for each node that reads the feature, the first leaf of its left side, the first
    /// of its right side, and the end of that.
    Nodes(Vec<[usize; 3]>),
}

impl LeafChoices {
    /// Calls `visit` once per decision, with the leaves of each part. `leaves`: number of leaves of the tree.
    pub fn for_each(&self, leaves: usize, visit: &mut dyn FnMut(&[Range<usize>])) {
        match self {
            Self::Bits(bits) => {
                let mut parts = Vec::new();
                for first in (0..leaves).filter(|leaf| leaf & bits == 0) {
                    parts.clear();
                    // Subtracting and masking walks through all subsets of the bits.
                    let mut subset = 0_usize;
                    loop {
                        let leaf = first | subset;
                        parts.push(leaf..leaf.saturating_add(1));
                        subset = subset.wrapping_sub(*bits) & bits;
                        if subset == 0 {
                            break;
                        }
                    }
                    visit(&parts);
                }
            }
            Self::Nodes(nodes) => nodes.iter().for_each(|&[left, right, end]| visit(&[left..right, right..end])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(choices: &LeafChoices, leaves: usize) -> Vec<Vec<Range<usize>>> {
        let mut all = Vec::new();
        choices.for_each(leaves, &mut |parts| all.push(parts.to_vec()));
        all
    }

    #[test]
    fn leaves_that_differ_in_the_bits_of_a_feature_are_one_decision() {
        assert_eq!(parts(&LeafChoices::Bits(0b10), 4), [[0..1, 2..3], [1..2, 3..4]]);
        assert_eq!(parts(&LeafChoices::Bits(0b101), 8), [[0..1, 1..2, 4..5, 5..6], [2..3, 3..4, 6..7, 7..8]]);
        assert_eq!(parts(&LeafChoices::Bits(0), 2).concat(), [0..1, 1..2]);
    }

    #[test]
    fn each_node_is_a_decision_between_two_sides() {
        assert_eq!(parts(&LeafChoices::Nodes(vec![[0, 3, 5], [1, 2, 3]]), 5), [[0..3, 3..5], [1..2, 2..3]]);
    }
}
