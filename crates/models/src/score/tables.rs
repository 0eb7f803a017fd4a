//! Values of leaves as a kernel looks them up, and what it does with them.
//!
//! A table holds one value per leaf of a tree, and is added to one column of sums: the raw output's, one of several
//! outputs', or a feature's contribution. A tree has one table or more. AVX-512 looks 64 rows up at once, byte by byte:
//! for it, a table is split into eight planes, the first bytes of all its values, the second, and so on.

use crate::forest::{bins::Split, trees::Oblivious};

/// Conditions of a tree whose leaves a byte can number.
pub(crate) const NARROW: usize = 8;

/// Tables of trees of at most [`NARROW`] conditions each.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The tables of tree `t` begin at value `starts[t]`; one longer than there are trees.
    pub starts: Vec<usize>,
    /// The tables of tree `t` are added to columns `targets[target_starts[t]..target_starts[t + 1]]`, in turn.
    targets: Vec<u32>,
    target_starts: Vec<usize>,
    /// The values in planes, and [`SLACK`] bytes.
    planes: Vec<u8>,
    /// Conditions seen, and one more than the greatest column they ask.
    splits: usize,
    asked: usize,
    /// One more than the greatest target.
    columns: usize,
    /// Whether all trees have one table, and all of them one target.
    pub is_single: bool,
    /// Whether any condition asks for a level.
    pub has_levels: bool,
}

/// How far behind a plane a kernel may read.
pub(crate) const SLACK: usize = 64;

impl Tables {
    /// None yet, with room for those of so many trees.
    pub(crate) fn of(trees: usize) -> Self {
        let starts = || {
            let mut starts = Vec::with_capacity(trees.saturating_add(1));
            starts.push(0);
            starts
        };
        let targets = Vec::with_capacity(trees);
        Self { starts: starts(), targets, target_starts: starts(), is_single: true, ..Self::default() }
    }

    /// Adds the tables of the next tree, one for each target. A tree of more than [`NARROW`] conditions has none.
    pub(crate) fn add_tree(&mut self, splits: &[Split], targets: impl Iterator<Item = u32>) {
        let targets = targets.take(if splits.len() > NARROW { 0 } else { usize::MAX });
        let before = self.targets.len();
        self.targets.extend(targets);
        let own = self.targets.get(before..).unwrap_or_default();
        self.is_single &= own == [0];
        self.columns = own.iter().fold(self.columns, |most, &target| most.max(target as usize + 1));
        let values = own.len() << splits.len().min(NARROW);
        self.target_starts.push(self.targets.len());
        self.starts.push(self.starts.last().copied().unwrap_or(0).saturating_add(values));
        self.splits = self.splits.saturating_add(splits.len());
        for split in splits {
            self.asked = self.asked.max(usize::from(split.column) + 1);
            self.has_levels |= split.mask != 0;
        }
    }

    /// Splits all values into planes. `leaves` says how many a tree has; of each leaf there are `step` values, the
    /// first for the tree's first table. (With a `step` of 1 each table's values stand together.)
    pub(crate) fn split(&mut self, values: &[f64], step: usize, leaves: impl Iterator<Item = usize>) {
        self.planes = Vec::with_capacity(values.len().saturating_mul(8).saturating_add(SLACK));
        for ([from, to], leaves) in self.starts.array_windows().zip(leaves) {
            for values in values.get(*from..*to).unwrap_or_default().chunks_exact(leaves.saturating_mul(step).max(1)) {
                for place in 0..step {
                    for shift in (0..64).step_by(8) {
                        let own = values.iter().skip(place).step_by(step);
                        #[expect(clippy::cast_possible_truncation, reason = "one byte after the other")]
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

    /// The columns that a tree's tables are added to.
    pub(crate) fn targets(&self, tree: usize) -> &[u32] {
        let from = self.target_starts.get(tree).copied().unwrap_or(0);
        let to = self.target_starts.get(tree.saturating_add(1)).copied().unwrap_or(from);
        self.targets.get(from..to).unwrap_or_default()
    }
}

/// Bins of a block of rows, whole registers of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bins<'a> {
    /// Column after column.
    pub bytes: &'a [u8],
    /// Rows per column, a multiple of 64. Those beyond the block's hold anything.
    pub stride: usize,
}

/// Trees with their tables and the bins they ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub trees: &'a Oblivious,
    pub tables: &'a Tables,
    pub bins: Bins<'a>,
}

impl Job<'_> {
    /// What a kernel relies on: the tables are of these trees, conditions ask columns that are there, there is a value
    /// for every leaf of every table, and a sum for every row of every target.
    pub(crate) fn is_sound(&self, values: usize, sums: usize) -> bool {
        let (Bins { bytes, stride }, tables) = (self.bins, self.tables);
        let columns = |things: usize| things.checked_div(stride).unwrap_or(0);
        stride > 0
            && stride.is_multiple_of(64)
            && tables.starts.len() == self.trees.len_with_end()
            && tables.splits == self.trees.splits.len()
            && tables.asked <= columns(bytes.len())
            && tables.columns <= columns(sums)
            && tables.starts.last().is_some_and(|end| *end <= values)
    }
}
