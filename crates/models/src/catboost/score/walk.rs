//! Finds the leaves of a block of rows and sums their values, in `f64` and in the order of the trees.

use std::ops::{BitOrAssign, Shl};

use super::{
    Kernel,
    quantise::BinBlock,
    tables::{KernelJob, NARROW_DEPTH},
};
use crate::catboost::forest::{
    Forest,
    split::Split,
    trees::{Branching, Oblivious, Trees},
};

impl Forest {
    /// Computes the sums of all trees for a block: one column of [`BinBlock::stride`] rows per dimension, without scale
    /// and bias.
    pub(crate) fn walk(&self, block: &BinBlock, sums: &mut [f64]) {
        sums.fill(0.0);
        match (&self.trees, &self.tables, block.bins()) {
            (Trees::Branching(trees), ..) => self.walk_branching(trees, block, sums),
            (Trees::Oblivious(trees), Some(tables), Some(bins)) => {
                let job = KernelJob { trees, tables, bins };
                match self.kernel {
                    Kernel::Avx512(kernel) => kernel.add(job, sums),
                    Kernel::Avx2(kernel) => kernel.add(job, &self.leaf_values, sums),
                    Kernel::Portable => self.walk_oblivious(trees, block, sums),
                }
            }
            (Trees::Oblivious(trees), ..) if block.rows < 8 => self.walk_rows(trees, block, sums),
            (Trees::Oblivious(trees), ..) => self.walk_oblivious(trees, block, sums),
        }
    }

    fn walk_oblivious(&self, trees: &Oblivious, block: &BinBlock, sums: &mut [f64]) {
        let (mut shallow, mut deep) = (vec![0_u8; block.rows], vec![0_u16; block.rows]);
        for (splits, values) in self.oblivious_trees(trees) {
            if splits.len() <= NARROW_DEPTH {
                find_leaves(splits, block, &mut shallow);
                self.add_leaves(values, &shallow, block.stride(), sums);
            } else {
                find_leaves(splits, block, &mut deep);
                self.add_leaves(values, &deep, block.stride(), sums);
            }
        }
    }

    /// Walks row by row, which is faster for a few rows.
    #[expect(clippy::indexing_slicing, reason = "columns and leaves are checked when a model is read")]
    fn walk_rows(&self, trees: &Oblivious, block: &BinBlock, sums: &mut [f64]) {
        for row in 0..block.rows {
            let bins: Vec<u8> = block.row(row).collect();
            // Constant lengths, so that the loop is unrolled for the most common depths.
            let leaf = |splits: &[Split]| {
                if let Some(splits) = splits.as_array::<6>() {
                    leaf_of(splits, &bins)
                } else if let Some(splits) = splits.as_array::<8>() {
                    leaf_of(splits, &bins)
                } else {
                    leaf_of(splits, &bins)
                }
            };
            if self.dimension == 1 {
                sums[row] = self.oblivious_trees(trees).fold(0.0, |sum, (splits, values)| sum + values[leaf(splits)]);
                continue;
            }
            for (splits, values) in self.oblivious_trees(trees) {
                let values = &values[leaf(splits) * self.dimension..][..self.dimension];
                add(sums, row, block.stride(), values);
            }
        }
    }

    /// Conditions and leaf values of each tree.
    #[expect(clippy::indexing_slicing, reason = "Oblivious::from_parts has checked all starts and leaves")]
    fn oblivious_trees<'a>(&'a self, trees: &'a Oblivious) -> impl Iterator<Item = (&'a [Split], &'a [f64])> {
        let starts = trees.split_starts.array_windows().zip(trees.value_starts.array_windows());
        starts.map(|([from, to], [values_from, values_to])| {
            (&trees.splits[*from..*to], &self.leaf_values[*values_from..*values_to])
        })
    }

    /// Adds the values of the leaf of each row.
    #[expect(clippy::indexing_slicing, reason = "a tree of depth d has 2^d leaves, and leaf numbers have d bits")]
    #[inline]
    fn add_leaves<L: Copy + Into<usize>>(&self, values: &[f64], leaves: &[L], stride: usize, sums: &mut [f64]) {
        for (dimension, sums) in sums.chunks_exact_mut(stride).enumerate() {
            let value = |leaf: L| values[leaf.into() * self.dimension + dimension];
            sums.iter_mut().zip(leaves).for_each(|(sum, &leaf)| *sum += value(leaf));
        }
    }

    #[expect(clippy::indexing_slicing, reason = "Branching::from_parts has checked all steps and leaves")]
    fn walk_branching(&self, trees: &Branching, block: &BinBlock, sums: &mut [f64]) {
        for [root, _] in trees.roots.array_windows() {
            for row in 0..block.rows {
                let from = trees.values[end_of_walk(trees, *root, block, row)] as usize;
                add(sums, row, block.stride(), &self.leaf_values[from..from + self.dimension]);
            }
        }
    }
}

/// The node at which the walk of a row ends.
#[expect(clippy::indexing_slicing, reason = "Branching::from_parts has checked all steps and leaves")]
#[inline]
pub(crate) fn end_of_walk(trees: &Branching, root: usize, block: &BinBlock, row: usize) -> usize {
    let mut at = root;
    loop {
        let node = trees.nodes[at];
        if node.is_leaf() {
            return at;
        }
        let holds = node.split.holds(block.column(usize::from(node.split.column))[row]);
        let step = if holds { node.right } else { node.left };
        if step == 0 {
            return at;
        }
        at += usize::from(step);
    }
}

/// Finds the leaf of each row. `L` is as narrow as the depth of the tree allows, so that more rows fit into a register.
#[inline]
pub(crate) fn find_leaves<L>(splits: &[Split], block: &BinBlock, leaves: &mut [L])
where
    L: Copy + From<bool> + BitOrAssign + Shl<u32, Output = L>,
{
    leaves.fill(L::from(false));
    for (split, bit) in splits.iter().zip(0_u32..) {
        for (leaf, &bin) in leaves.iter_mut().zip(block.column(usize::from(split.column))) {
            *leaf |= L::from(split.holds(bin)) << bit;
        }
    }
}

/// The leaf of one row.
#[expect(clippy::indexing_slicing, reason = "columns are checked when a model is read")]
#[inline]
fn leaf_of<'a>(splits: impl IntoIterator<IntoIter: DoubleEndedIterator<Item = &'a Split>>, bins: &[u8]) -> usize {
    let bit = |split: &Split| usize::from(split.holds(bins[usize::from(split.column)]));
    splits.into_iter().rev().fold(0, |leaf, split| leaf << 1 | bit(split))
}

/// Adds the values of a leaf to the sums of a row, one per dimension.
fn add(sums: &mut [f64], row: usize, stride: usize, values: &[f64]) {
    let own = sums.iter_mut().skip(row).step_by(stride);
    own.zip(values).for_each(|(sum, value)| *sum += value);
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::Arc};

    use arrow_array::{ArrayRef, Float32Array};

    use super::*;

    #[test]
    fn trees_of_sixteen_conditions_are_scored() {
        let mut floats = String::new();
        let mut splits = String::new();
        for i in 0..16 {
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(floats, r#"{comma}{{"feature_index":{i},"flat_feature_index":{i},"borders":[0]}}"#);
            let _ = write!(splits, r#"{comma}{{"split_index":{i}}}"#);
        }
        let leaves = (0..1 << 16).map(|leaf: u32| leaf.to_string()).collect::<Vec<_>>().join(",");
        let json = format!(
            r#"{{"features_info":{{"float_features":[{floats}]}},
                "oblivious_trees":[{{"leaf_values":[{leaves}],"splits":[{splits}]}}],"scale_and_bias":[2,[0.5]]}}"#
        );
        let forest = Forest::from_bytes("deep.json", json.as_bytes()).unwrap();
        let rows = [0_u16, 1, 0x8000, 0xffff, 0xa5a5, 257];
        let column = |bit: u16| -> Option<ArrayRef> {
            Some(Arc::new(Float32Array::from_iter_values(rows.map(|row| f32::from(row >> bit & 1)))))
        };
        let columns: Vec<_> = (0..16).map(column).collect();
        let mut raw = [0.0; 6];
        forest.predict_raw(&forest.inputs(6, &columns).unwrap(), 0..6, &mut raw).unwrap();
        assert_eq!(raw.map(f64::to_bits), rows.map(|row| (2.0 * f64::from(row) + 0.5).to_bits()));
    }

    #[test]
    fn without_trees_the_output_is_the_bias() {
        let json = r#"{"features_info":{},"oblivious_trees":null,"scale_and_bias":[1,[0.25,-3]]}"#;
        let forest = Forest::from_bytes("none.json", json.as_bytes()).unwrap();
        let mut raw = [0.0; 4];
        forest.predict_raw(&forest.inputs(2, &[]).unwrap(), 0..2, &mut raw).unwrap();
        assert!(forest.trees().is_empty());
        assert_eq!(raw.map(f64::to_bits), [0.25, -3.0, 0.25, -3.0].map(f64::to_bits));
    }
}
