//! SHAP values of oblivious trees as tables by leaf: explaining a row is a look-up a tree and feature, like scoring.

use super::{
    fold::Levels,
    leaves::{Means, is_none, read},
    players::Players,
    quadrature,
};
use crate::{
    error::Result,
    forest::{
        Forest,
        trees::{Oblivious, Trees},
    },
    score::{
        Kernel,
        quantise::Block,
        tables::{Job, NARROW, Tables},
        walk::number,
    },
};

/// The tables of all trees. A column is a feature's contribution to one dimension.
#[derive(Debug)]
pub(crate) struct ShapTables {
    dimensions: usize,
    /// The features that have columns, ascending; those of the first dimension come first.
    features: Vec<usize>,
    kernel: Kernel,
    tables: Tables,
    /// Table after table; empty if the kernel looks planes up.
    values: Vec<f64>,
    /// Trees with too many leaves for `tables`.
    deep: Vec<Deep>,
}

#[derive(Debug)]
struct Deep {
    tree: usize,
    /// Columns with a value per leaf.
    tables: Vec<(u32, Vec<f64>)>,
}

impl ShapTables {
    pub(crate) fn new(players: &Players, dimensions: usize) -> Self {
        let mut features: Vec<usize> = players.features.iter().flatten().copied().collect();
        features.sort_unstable();
        features.dedup();
        let tables = Tables::of(0);
        Self { dimensions, features, kernel: Kernel::Portable, tables, values: Vec::new(), deep: Vec::new() }
    }

    /// Adds the next tree; says its means. `None` if it has to be walked.
    pub(crate) fn add(
        &mut self,
        forest: &Forest,
        players: &Players,
        trees: &Oblivious,
        tree: usize,
    ) -> Result<Option<Means>> {
        let splits = trees.of(tree);
        let first = trees.value_starts.get(tree).copied().unwrap_or(0).checked_div(forest.dimension).unwrap_or(0);
        let leaves = first..first.saturating_add(1 << splits.len());
        let means = Means::of(forest, leaves.clone())?;
        // Players of this tree, by first appearance.
        let mut own = Vec::new();
        let mut place = |column| {
            let player = players.asked(column);
            own.iter().position(|other| *other == player).unwrap_or_else(|| {
                own.push(player);
                own.len().saturating_sub(1)
            })
        };
        let levels = splits.iter().map(|split| place(split.column)).collect();
        let weights = leaves.clone().map(|leaf| read(forest, leaf).0).collect();
        let points = quadrature::points(splits.len().div_ceil(2).max(1));
        let Some(levels) = Levels::of(levels, weights, &points) else {
            self.tables.add_tree(splits, std::iter::empty());
            return Ok(None);
        };
        let mut tables: Vec<(u32, Vec<f64>)> = Vec::new();
        for dimension in 0..self.dimensions {
            let value = |leaf| {
                let (weight, values) = read(forest, leaf);
                let value = values.get(dimension).copied().unwrap_or(0.0) - means.taken_off;
                if is_none(weight) { 0.0 } else { value }
            };
            let leaves: Vec<f64> = leaves.clone().map(value).collect();
            for (table, player) in levels.fold(&leaves).into_iter().zip(&own) {
                self.share(table, players.features.get(*player).map_or(&[][..], |own| own), dimension, &mut tables);
            }
        }
        if splits.len() <= NARROW {
            self.tables.add_tree(splits, tables.iter().map(|table| table.0));
            self.values.extend(tables.iter().flat_map(|table| &table.1));
        } else {
            self.tables.add_tree(splits, std::iter::empty());
            self.deep.push(Deep { tree, tables });
        }
        Ok(Some(means))
    }

    /// Divides a player's table evenly among its features, adding to what they have from other players.
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

    /// After the last tree: lays the values out for the kernel that the model is scored by.
    pub(crate) fn settle(&mut self, forest: &Forest) {
        self.kernel = forest.kernel;
        if let (Kernel::Avx512(_), Trees::Oblivious(trees)) = (self.kernel, &forest.trees) {
            let leaves = (0..forest.trees.len()).map(|tree| 1 << trees.of(tree).len().min(NARROW));
            self.tables.split(&self.values, 1, leaves);
            self.values = Vec::new();
        }
    }

    /// Room for the columns of a block.
    pub(crate) fn room(&self, block: &Block) -> Vec<f64> {
        vec![0.0; self.features.len().saturating_mul(self.dimensions).saturating_mul(block.stride())]
    }

    /// Fills the columns.
    pub(crate) fn explain(&self, forest: &Forest, block: &Block, sums: &mut [f64]) {
        sums.fill(0.0);
        let Trees::Oblivious(trees) = &forest.trees else { return };
        match (self.kernel, block.bins()) {
            (Kernel::Avx512(kernel), Some(bins)) => kernel.add(Job { trees, tables: &self.tables, bins }, sums),
            (Kernel::Avx2(kernel), Some(bins)) => {
                kernel.add(Job { trees, tables: &self.tables, bins }, &self.values, sums);
            }
            _ => self.look_up(trees, block, sums),
        }
        let mut leaves = vec![0_u16; block.rows];
        for deep in &self.deep {
            number(trees.of(deep.tree), block, &mut leaves);
            for (column, table) in &deep.tables {
                add(sums, *column, block.stride(), &leaves, |leaf| table.get(leaf).copied());
            }
        }
    }

    /// Without a wide kernel, or for a few rows.
    fn look_up(&self, trees: &Oblivious, block: &Block, sums: &mut [f64]) {
        let mut leaves = vec![0_u8; block.rows];
        for (tree, from) in self.tables.starts.iter().enumerate() {
            let targets = self.tables.targets(tree);
            if targets.is_empty() {
                continue;
            }
            let splits = trees.of(tree);
            number(splits, block, &mut leaves);
            for (place, column) in targets.iter().enumerate() {
                let table = from + (place << splits.len());
                add(sums, *column, block.stride(), &leaves, |leaf| self.value(table, leaf, splits.len()));
            }
        }
    }

    /// The value of a leaf, from wherever it is kept.
    fn value(&self, table: usize, leaf: usize, depth: usize) -> Option<f64> {
        if let Some(value) = self.values.get(table + leaf) {
            return Some(*value);
        }
        let byte = |at: usize| self.tables.planes().get(8 * table + (at << depth) + leaf).copied();
        Some(f64::from_le_bytes([byte(0)?, byte(1)?, byte(2)?, byte(3)?, byte(4)?, byte(5)?, byte(6)?, byte(7)?]))
    }

    /// Writes the columns into rows of `width` values a dimension.
    pub(crate) fn read(&self, sums: &[f64], block: &Block, width: usize, out: &mut [f64]) {
        let columns = (0..self.dimensions).flat_map(|dimension| self.features.iter().map(move |f| (dimension, *f)));
        for (sums, (dimension, feature)) in sums.chunks_exact(block.stride()).zip(columns) {
            let own = out.iter_mut().skip(dimension * width + feature).step_by(width * self.dimensions);
            own.zip(sums).for_each(|(value, sum)| *value = *sum);
        }
    }
}

/// Adds the value of each row's leaf to a column.
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
