//! Rows in each leaf of a model's trees.

use vigie_models::LeafTree;

/// Rows per leaf, tree by tree. Merging is addition, so the result does not depend on threads or the order of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafCounts {
    rows: u64,
    trees: Vec<Vec<u32>>,
}

impl LeafCounts {
    /// Counts without rows for the leaves of these trees.
    #[must_use]
    pub fn empty(trees: &[LeafTree]) -> Self {
        Self { rows: 0, trees: trees.iter().map(|tree| vec![0; tree.leaves]).collect() }
    }

    /// Counts the leaves of some rows in one tree. The same rows must be counted in every tree.
    pub fn observe(&mut self, tree: usize, leaves: impl IntoIterator<Item = u32>) {
        let Some(counts) = self.trees.get_mut(tree) else { return };
        let mut rows = 0;
        for leaf in leaves {
            rows += 1;
            if let Some(count) = counts.get_mut(leaf as usize) {
                *count = count.saturating_add(1);
            }
        }
        if tree == 0 {
            self.rows += rows;
        }
    }

    /// Adds the counts of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (ours, theirs) in self.trees.iter_mut().zip(&other.trees) {
            ours.iter_mut().zip(theirs).for_each(|(count, more)| *count = count.saturating_add(*more));
        }
    }

    /// Number of rows counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows in each leaf, tree by tree.
    #[must_use]
    pub fn trees(&self) -> &[Vec<u32>] {
        &self.trees
    }

    /// Rows in each leaf, without a copy.
    #[must_use]
    pub fn into_trees(self) -> Vec<Vec<u32>> {
        self.trees
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(trees: &[LeafTree], rows: &[(u32, u32)]) -> LeafCounts {
        let mut counts = LeafCounts::empty(trees);
        counts.observe(0, rows.iter().map(|row| row.0));
        counts.observe(1, rows.iter().map(|row| row.1));
        counts
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_counts(
            rows in prop::collection::vec((0_u32..4, 0_u32..2), 0..200),
            cuts in prop::collection::vec(0_usize..200, 0..5),
            backwards in any::<bool>(),
        ) {
            let tree = |leaves| LeafTree { leaves, values: vec![0.0; leaves], features: Vec::new() };
            let trees = [tree(4), tree(2)];
            let whole = counted(&trees, &rows);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows.len())).chain([0, rows.len()]).collect();
            cuts.sort_unstable();
            let mut parts: Vec<LeafCounts> = cuts.windows(2).map(|cut| counted(&trees, &rows[cut[0]..cut[1]])).collect();
            if backwards {
                parts.reverse();
            }
            let mut merged = LeafCounts::empty(&trees);
            parts.iter().for_each(|part| merged.merge(part));
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(whole.rows(), rows.len() as u64);
            prop_assert!(whole.trees().iter().all(|tree| tree.iter().map(|count| *count as usize).sum::<usize>() == rows.len()));
        }
    }
}
