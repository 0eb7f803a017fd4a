//! SHAP values of oblivious trees as tables by leaf, so that explaining a row takes one lookup per tree and feature, as
//! scoring does.

use super::{
    fold::TreeLevels,
    leaves::{Means, is_negligible, leaf_at},
    players::Players,
};
use crate::{
    catboost::{
        forest::{
            Forest,
            trees::{Oblivious, Trees},
        },
        score::{
            Kernel,
            quantise::BinBlock,
            tables::{KernelJob, NARROW_DEPTH, Tables},
            walk::find_leaves,
        },
    },
    error::Result,
    shap::quadrature,
};

/// The tables of all trees. A column is the contribution of a feature to one dimension.
#[derive(Debug)]
pub(crate) struct ShapTables {
    dimensions: usize,
    /// Features that have columns, in ascending order. There is one column per feature, for one dimension after another.
    features: Vec<usize>,
    kernel: Kernel,
    tables: Tables,
    /// Values table by table; empty if the kernel uses planes.
    values: Vec<f64>,
    /// Trees with too many leaves for `tables`.
    deep: Vec<DeepTree>,
}

#[derive(Debug)]
struct DeepTree {
    /// Number of the tree.
    tree: usize,
    /// Columns, each with one value per leaf.
    tables: Vec<(u32, Vec<f64>)>,
}

impl ShapTables {
    pub(crate) fn new(players: &Players, dimensions: usize) -> Self {
        let mut features: Vec<usize> = players.features.iter().flatten().copied().collect();
        features.sort_unstable();
        features.dedup();
        let tables = Tables::with_capacity(0);
        Self { dimensions, features, kernel: Kernel::Portable, tables, values: Vec::new(), deep: Vec::new() }
    }

    /// Adds the next tree and returns its means; `None` if it has to be walked row by row.
    pub(crate) fn add(
        &mut self,
        forest: &Forest,
        players: &Players,
        trees: &Oblivious,
        tree: usize,
    ) -> Result<Option<Means>> {
        let splits = trees.splits_of(tree);
        let first = trees.value_starts.get(tree).copied().unwrap_or(0).checked_div(forest.dimension).unwrap_or(0);
        let leaves = first..first.saturating_add(1 << splits.len());
        let means = Means::new(forest, leaves.clone())?;
        // Players of this tree, in order of first appearance.
        let mut own = Vec::new();
        let mut index_of = |column| {
            let player = players.player_of(column);
            own.iter().position(|other| *other == player).unwrap_or_else(|| {
                own.push(player);
                own.len().saturating_sub(1)
            })
        };
        let levels = splits.iter().map(|split| index_of(split.column)).collect();
        let weights = leaves.clone().map(|leaf| leaf_at(forest, leaf).0).collect();
        let points = quadrature::points(splits.len().div_ceil(2).max(1));
        let Some(levels) = TreeLevels::new(levels, weights, &points) else {
            self.tables.add_tree(splits, std::iter::empty());
            return Ok(None);
        };
        let mut tables: Vec<(u32, Vec<f64>)> = Vec::new();
        for dimension in 0..self.dimensions {
            let value = |leaf| {
                let (weight, values) = leaf_at(forest, leaf);
                let value = values.get(dimension).copied().unwrap_or(0.0) - means.offset;
                if is_negligible(weight) { 0.0 } else { value }
            };
            let leaves: Vec<f64> = leaves.clone().map(value).collect();
            for (table, player) in levels.fold(&leaves).into_iter().zip(&own) {
                self.share(table, players.features.get(*player).map_or(&[][..], |own| own), dimension, &mut tables);
            }
        }
        if splits.len() <= NARROW_DEPTH {
            self.tables.add_tree(splits, tables.iter().map(|table| table.0));
            self.values.extend(tables.iter().flat_map(|table| &table.1));
        } else {
            self.tables.add_tree(splits, std::iter::empty());
            self.deep.push(DeepTree { tree, tables });
        }
        Ok(Some(means))
    }

    /// Divides the table of a player evenly among its features and adds it to theirs.
    fn share(&self, table: Vec<f64>, features: &[usize], dimension: usize, tables: &mut Vec<(u32, Vec<f64>)>) {
        #[expect(clippy::cast_precision_loss, reason = "features of a combination are few")]
        let parts = features.len() as f64;
        let each: Vec<f64> =
            if features.len() == 1 { table } else { table.iter().map(|value| value / parts).collect() };
        for feature in features {
            let rank = self.features.binary_search(feature).unwrap_or(0);
            let Ok(column) = u32::try_from(dimension * self.features.len() + rank) else { continue };
            match tables.iter_mut().find(|other| other.0 == column) {
                Some((_, sums)) => sums.iter_mut().zip(&each).for_each(|(sum, value)| *sum += value),
                None => tables.push((column, each.clone())),
            }
        }
    }

    /// After the last tree, lays out the values for the kernel of the model.
    pub(crate) fn finalize(&mut self, forest: &Forest) {
        self.kernel = forest.kernel;
        if let (Kernel::Avx512(_), Trees::Oblivious(trees)) = (self.kernel, &forest.trees) {
            let leaves = (0..forest.trees.len()).map(|tree| 1 << trees.splits_of(tree).len().min(NARROW_DEPTH));
            self.tables.split(&self.values, 1, leaves);
            self.values = Vec::new();
        }
    }

    /// Allocates the columns for a block.
    pub(crate) fn buffer(&self, block: &BinBlock) -> Vec<f64> {
        vec![0.0; self.features.len().saturating_mul(self.dimensions).saturating_mul(block.stride())]
    }

    /// Computes the columns of a block.
    pub(crate) fn explain(&self, forest: &Forest, block: &BinBlock, sums: &mut [f64]) {
        sums.fill(0.0);
        let Trees::Oblivious(trees) = &forest.trees else { return };
        if sums.is_empty() {
            return;
        }
        match (self.kernel, block.bins()) {
            (Kernel::Avx512(kernel), Some(bins)) => kernel.add(KernelJob { trees, tables: &self.tables, bins }, sums),
            (Kernel::Avx2(kernel), Some(bins)) => {
                kernel.add(KernelJob { trees, tables: &self.tables, bins }, &self.values, sums);
            }
            _ => self.explain_portably(trees, block, sums),
        }
        let mut leaves = vec![0_u16; block.rows];
        for deep in &self.deep {
            find_leaves(trees.splits_of(deep.tree), block, &mut leaves);
            for (column, table) in &deep.tables {
                add(sums, *column, block.stride(), &leaves, |leaf| table.get(leaf).copied());
            }
        }
    }

    /// Without a SIMD kernel, or for a few rows.
    fn explain_portably(&self, trees: &Oblivious, block: &BinBlock, sums: &mut [f64]) {
        let mut leaves = vec![0_u8; block.rows];
        for (tree, from) in self.tables.starts.iter().enumerate() {
            let targets = self.tables.targets(tree);
            if targets.is_empty() {
                continue;
            }
            let splits = trees.splits_of(tree);
            find_leaves(splits, block, &mut leaves);
            for (index, column) in targets.iter().enumerate() {
                let table = from + (index << splits.len());
                add(sums, *column, block.stride(), &leaves, |leaf| self.value(table, leaf, splits.len()));
            }
        }
    }

    /// The value of a leaf, from `values` or from the planes.
    fn value(&self, table: usize, leaf: usize, depth: usize) -> Option<f64> {
        if let Some(value) = self.values.get(table + leaf) {
            return Some(*value);
        }
        let byte = |at: usize| self.tables.planes().get(8 * table + (at << depth) + leaf).copied();
        Some(f64::from_le_bytes([byte(0)?, byte(1)?, byte(2)?, byte(3)?, byte(4)?, byte(5)?, byte(6)?, byte(7)?]))
    }

    /// Writes the columns to rows with `width` values per dimension.
    pub(crate) fn write_rows(&self, sums: &[f64], block: &BinBlock, width: usize, out: &mut [f64]) {
        let columns = (0..self.dimensions).flat_map(|dimension| self.features.iter().map(move |f| (dimension, *f)));
        for (sums, (dimension, feature)) in sums.chunks_exact(block.stride()).zip(columns) {
            let own = out.iter_mut().skip(dimension * width + feature).step_by(width * self.dimensions);
            own.zip(sums).for_each(|(value, sum)| *value = *sum);
        }
    }
}

/// Adds the value of the leaf of each row to a column.
fn add<L: Copy + Into<usize>>(
    sums: &mut [f64],
    column: u32,
    stride: usize,
    leaves: &[L],
    value: impl Fn(usize) -> Option<f64>,
) {
    let own = sums.chunks_exact_mut(stride).nth(column as usize).unwrap_or_default();
    for (sum, leaf) in own.iter_mut().zip(leaves) {
        *sum += value((*leaf).into()).unwrap_or(0.0);
    }
}
