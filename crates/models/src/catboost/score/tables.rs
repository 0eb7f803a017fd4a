//! Leaf values in the layout that SIMD kernels look them up in.
//!
//! A table has one value per leaf of a tree and is added to one column of sums: a raw output, or the contribution of a
//! feature. A tree has one or more tables. The AVX-512 kernel looks up 64 rows at once, byte by byte. For it, a table is
//! split into eight planes: the first byte of every value, the second byte of every value, and so on.

use crate::catboost::forest::{split::Split, trees::Oblivious};

/// Maximum depth of a tree whose leaf numbers fit into a byte.
pub(crate) const NARROW_DEPTH: usize = 8;

/// Tables of trees with at most [`NARROW_DEPTH`] conditions each.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The tables of tree `t` begin at value `starts[t]`; one element more than there are trees.
    pub starts: Vec<usize>,
    /// The tables of tree `t` are added to the columns `targets[target_starts[t]..target_starts[t + 1]]`, in order.
    targets: Vec<u32>,
    target_starts: Vec<usize>,
    /// The values split into planes, followed by [`SLACK`] bytes.
    planes: Vec<u8>,
    /// Total number of conditions.
    splits: usize,
    /// The largest bin column of a condition, plus one.
    bin_columns: usize,
    /// The largest target, plus one.
    target_columns: usize,
    /// Whether every tree has exactly one table, added to column 0.
    pub is_single: bool,
    /// Whether any condition tests for a level.
    pub has_levels: bool,
}

/// Number of bytes that a kernel may read past a plane.
pub(crate) const SLACK: usize = 64;

impl Tables {
    /// Creates an empty set with memory reserved for the tables of `trees` trees.
    pub(crate) fn with_capacity(trees: usize) -> Self {
        let starts = || {
            let mut starts = Vec::with_capacity(trees.saturating_add(1));
            starts.push(0);
            starts
        };
        let targets = Vec::with_capacity(trees);
        Self { starts: starts(), targets, target_starts: starts(), is_single: true, ..Self::default() }
    }

    /// Adds the tables of the next tree, one for each target. A tree deeper than [`NARROW_DEPTH`] gets none.
    pub(crate) fn add_tree(&mut self, splits: &[Split], targets: impl Iterator<Item = u32>) {
        let targets = targets.take(if splits.len() > NARROW_DEPTH { 0 } else { usize::MAX });
        let before = self.targets.len();
        self.targets.extend(targets);
        let own = self.targets.get(before..).unwrap_or_default();
        self.is_single &= own == [0];
        self.target_columns = own.iter().fold(self.target_columns, |most, &target| most.max(target as usize + 1));
        let values = own.len() << splits.len().min(NARROW_DEPTH);
        self.target_starts.push(self.targets.len());
        self.starts.push(self.starts.last().copied().unwrap_or(0).saturating_add(values));
        self.splits = self.splits.saturating_add(splits.len());
        for split in splits {
            self.bin_columns = self.bin_columns.max(usize::from(split.column) + 1);
            self.has_levels |= split.mask != 0;
        }
    }

    /// Splits all values into planes. `leaves` is the number of leaves of each tree. Each leaf has `step` consecutive
    /// values, one for each table of the tree. (With a `step` of 1, the values of each table are consecutive.)
    pub(crate) fn split(&mut self, values: &[f64], step: usize, leaves: impl Iterator<Item = usize>) {
        self.planes = Vec::with_capacity(values.len().saturating_mul(8).saturating_add(SLACK));
        for ([from, to], leaves) in self.starts.array_windows().zip(leaves) {
            for values in values.get(*from..*to).unwrap_or_default().chunks_exact(leaves.saturating_mul(step).max(1)) {
                for table in 0..step {
                    for shift in (0..64).step_by(8) {
                        let own = values.iter().skip(table).step_by(step);
                        #[expect(clippy::cast_possible_truncation, reason = "takes one byte at a time")]
                        self.planes.extend(own.map(|value| (value.to_bits() >> shift) as u8));
                    }
                }
            }
        }
        self.planes.resize(self.planes.len().saturating_add(SLACK), 0);
    }

    pub(crate) fn planes(&self) -> &[u8] {
        &self.planes
    }

    /// The columns that the tables of a tree are added to.
    pub(crate) fn targets(&self, tree: usize) -> &[u32] {
        let from = self.target_starts.get(tree).copied().unwrap_or(0);
        let to = self.target_starts.get(tree.saturating_add(1)).copied().unwrap_or(from);
        self.targets.get(from..to).unwrap_or_default()
    }
}

/// Bins of a block of rows, padded to whole registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bins<'a> {
    /// Column by column.
    pub bytes: &'a [u8],
    /// Rows per column, a multiple of 64. Bins past the rows of the block are arbitrary.
    pub stride: usize,
}

/// The input of a SIMD kernel: trees, their tables and the bins of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KernelJob<'a> {
    pub trees: &'a Oblivious,
    pub tables: &'a Tables,
    pub bins: Bins<'a>,
}

impl KernelJob<'_> {
    /// Checks what kernels rely on: the tables belong to these trees, conditions refer to existing columns, every leaf of
    /// every table has a value, and every row of every target has a sum.
    pub(crate) fn is_sound(&self, values: usize, sums: usize) -> bool {
        let (Bins { bytes, stride }, tables) = (self.bins, self.tables);
        let columns = |len: usize| len.checked_div(stride).unwrap_or(0);
        stride > 0
            && stride.is_multiple_of(64)
            && tables.starts.len() == self.trees.starts_len()
            && tables.splits == self.trees.splits.len()
            && tables.bin_columns <= columns(bytes.len())
            && tables.target_columns <= columns(sums)
            && tables.starts.last().is_some_and(|end| *end <= values)
    }
}
