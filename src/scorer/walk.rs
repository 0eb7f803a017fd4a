//! From bins to leaves to sums: tree after tree, each sum in `f64`, in the order of the trees.

use std::ops::{BitOrAssign, Shl};

use super::{
    Forest,
    bins::Split,
    quantise::{BLOCK, Block},
    trees::{Branching, Oblivious, Trees},
};

impl Forest {
    /// The sums of all trees over a block: row after row, a value per dimension. Neither scale nor bias is in them.
    pub(super) fn walk(&self, block: &Block, sums: &mut [f64]) {
        sums.fill(0.0);
        match &self.trees {
            Trees::Oblivious(trees) => self.walk_oblivious(trees, block, sums),
            Trees::Branching(trees) => self.walk_branching(trees, block, sums),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "Oblivious::grow has checked every start and every tree's leaves")]
    fn walk_oblivious(&self, trees: &Oblivious, block: &Block, sums: &mut [f64]) {
        let (mut shallow, mut deep) = ([0_u8; BLOCK], [0_u16; BLOCK]);
        let starts = trees.split_starts.array_windows().zip(trees.value_starts.array_windows());
        for ([from, to], [values_from, values_to]) in starts {
            let splits = &trees.splits[*from..*to];
            let values = &self.leaf_values[*values_from..*values_to];
            if splits.len() <= 8 {
                number(splits, block, &mut shallow);
                self.add_leaves(values, &shallow, sums);
            } else {
                number(splits, block, &mut deep);
                self.add_leaves(values, &deep, sums);
            }
        }
    }

    /// Adds the values of each row's leaf.
    #[expect(clippy::indexing_slicing, reason = "a tree of depth d has 2^d leaves, and a number of d bits is below")]
    #[inline]
    fn add_leaves<L: Copy + Into<usize>>(&self, values: &[f64], leaves: &[L; BLOCK], sums: &mut [f64]) {
        if self.dimension == 1 {
            sums.iter_mut().zip(leaves).for_each(|(sum, &leaf)| *sum += values[leaf.into()]);
        } else {
            for (sums, &leaf) in sums.chunks_exact_mut(self.dimension).zip(leaves) {
                add(sums, &values[leaf.into() * self.dimension..]);
            }
        }
    }

    #[expect(clippy::indexing_slicing, reason = "Branching::grow has checked every step and every leaf")]
    fn walk_branching(&self, trees: &Branching, block: &Block, sums: &mut [f64]) {
        for [root, _] in trees.roots.array_windows() {
            for (row, sums) in sums.chunks_exact_mut(self.dimension).enumerate() {
                let mut at = *root;
                loop {
                    let node = trees.nodes[at];
                    if node.is_leaf() {
                        break;
                    }
                    let holds = node.split.holds(block.column(usize::from(node.split.column))[row]);
                    let step = if holds { node.right } else { node.left };
                    if step == 0 {
                        break;
                    }
                    at += usize::from(step);
                }
                add(sums, &self.leaf_values[trees.values[at] as usize..]);
            }
        }
    }
}

/// The leaf of each row, in as few bits as the tree's depth needs: more rows fit into a register then.
#[inline]
fn number<L>(splits: &[Split], block: &Block, leaves: &mut [L; BLOCK])
where
    L: Copy + From<bool> + BitOrAssign + Shl<u32, Output = L>,
{
    leaves.fill(L::from(false));
    for (split, place) in splits.iter().zip(0_u32..) {
        for (leaf, &bin) in leaves.iter_mut().zip(block.column(usize::from(split.column))) {
            *leaf |= L::from(split.holds(bin)) << place;
        }
    }
}

/// Adds a leaf's values, dimension by dimension.
fn add(sums: &mut [f64], values: &[f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::Arc};

    use arrow::array::{ArrayRef, Float32Array};

    use super::*;
    use crate::scorer::Inputs;

    #[test]
    fn sixteen_conditions_fill_sixteen_bits() {
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
        forest.raw(&Inputs::new(&forest, 6, &columns).unwrap(), 0..6, &mut raw).unwrap();
        assert_eq!(raw.map(f64::to_bits), rows.map(|row| (2.0 * f64::from(row) + 0.5).to_bits()));
    }

    #[test]
    fn no_tree_leaves_the_bias() {
        let json = r#"{"features_info":{},"oblivious_trees":null,"scale_and_bias":[1,[0.25,-3]]}"#;
        let forest = Forest::from_bytes("none.json", json.as_bytes()).unwrap();
        let mut raw = [0.0; 4];
        forest.raw(&Inputs::new(&forest, 2, &[]).unwrap(), 0..2, &mut raw).unwrap();
        assert!(forest.trees().is_empty());
        assert_eq!(raw.map(f64::to_bits), [0.25, -3.0, 0.25, -3.0].map(f64::to_bits));
    }
}
