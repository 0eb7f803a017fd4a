//! Shift of rows among the leaves of many trees at once: pooling of thin leaves, Pearson's statistic of each tree, and two
//! summaries over all trees.
//!
//! The trees are partitions of the same rows, so their statistics depend on each other. The expectation of each does not:
//! without drift it is the number of cells minus one, for any number of rows. What chance makes of the summaries has to be
//! simulated ([`SimulatedLaw`](super::SimulatedLaw)).

use super::real::{length, real, total};

/// Leaves with at least this percentage of the reference's rows are cells of their own.
const LEAST_PERCENT: u64 = 1;
/// [`LeafShift::strongest`] is an average over one in this many trees.
const TREES_PER_STRONGEST: usize = 20;

/// The cells that the leaves of one tree are pooled into.
///
/// A leaf with at least 1% of the reference's rows is a cell; all others together are one more cell, or join the smallest
/// one if they have less than 1%. Only the reference decides, so the law of the statistics is the same for windows of any
/// size. A tree has at most 101 cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafPooling {
    cell_of: Vec<u8>,
    cells: usize,
}

impl LeafPooling {
    /// Pools the leaves of a tree, given the reference's rows in each.
    #[must_use]
    pub fn new(reference: &[u32]) -> Self {
        let count = |leaf: &u32| u64::from(*leaf);
        let rows = reference.iter().map(count).fold(0, u64::saturating_add);
        let is_thick = |rows_in: u64| rows > 0 && rows_in.saturating_mul(100) >= rows.saturating_mul(LEAST_PERCENT);
        let thick: Vec<u64> = reference.iter().map(count).filter(|rows_in| is_thick(*rows_in)).collect();
        let rest = rows.saturating_sub(total(&thick));
        let smallest = thick.iter().enumerate().min_by_key(|(_, rows_in)| **rows_in).map_or(0, |(cell, _)| cell);
        let (rest_cell, cells) =
            if is_thick(rest) { (thick.len(), thick.len() + 1) } else { (smallest, thick.len().max(1)) };
        let mut next = 0..thick.len();
        let number = |leaf: &u32| {
            let cell = if is_thick(count(leaf)) { next.next() } else { None };
            u8::try_from(cell.unwrap_or(rest_cell)).unwrap_or(u8::MAX)
        };
        Self { cell_of: reference.iter().map(number).collect(), cells }
    }

    /// Number of cells, at least 1.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// Degrees of freedom: the expectation of [`pearson`] without drift.
    #[must_use]
    pub fn dof(&self) -> usize {
        self.cells.saturating_sub(1)
    }

    /// The cell of a leaf; `None` if the tree has no such leaf.
    #[must_use]
    pub fn cell(&self, leaf: usize) -> Option<u8> {
        self.cell_of.get(leaf).copied()
    }

    /// Rows per cell, given the rows in each leaf.
    #[must_use]
    pub fn pool(&self, leaves: &[u32]) -> Vec<u64> {
        let mut cells = vec![0_u64; self.cells];
        for (cell, rows) in self.cell_of.iter().zip(leaves) {
            if let Some(sum) = cells.get_mut(usize::from(*cell)) {
                *sum = sum.saturating_add(u64::from(*rows));
            }
        }
        cells
    }
}

/// Pearson's statistic of two samples over the same cells, without a correction: `Σ (w − r)² / p / (1/n + 1/m)` over the
/// shares `w` of the `n` window rows, `r` of the `m` reference rows and `p` of all rows. 0 if a side has no rows.
#[must_use]
pub fn pearson(reference: &[u64], window: &[u64]) -> f64 {
    let (m, n) = (real(total(reference)), real(total(window)));
    if m <= 0.0 || n <= 0.0 {
        return 0.0;
    }
    let cells = reference.iter().zip(window).filter(|(in_reference, in_window)| **in_reference > 0 || **in_window > 0);
    cells.fold(0.0, |sum, (in_reference, in_window)| {
        let (r, w) = (real(*in_reference), real(*in_window));
        let off = w * m - r * n;
        sum + off / n * (off / m) / (r + w)
    })
}

/// Pearson's statistic of a sample against shares that are known: `Σ (w − r)² / r · n`. Cells without a share are left out.
#[must_use]
pub fn pearson_of_known(shares: &[f64], window: &[u32]) -> f64 {
    let rows = window.iter().map(|count| u64::from(*count)).fold(0, u64::saturating_add);
    let n = real(rows);
    let cells = shares.iter().zip(window).filter(|(share, _)| **share > 0.0);
    cells.fold(0.0, |sum, (share, count)| {
        let (expected, off) = (n * share, f64::from(*count) - n * share);
        sum + off * off / expected
    })
}

/// How far a division of some rows into parts differs between two samples, beyond what chance explains: [`pearson`] minus its
/// expectation, `(K − 1) · N / (N − 1)` for `N` rows of which `K` parts have any. With the rows of each part and each
/// side fixed, the expectation is exact, so that sums over many divisions have the mean 0 for any number of rows.
#[must_use]
pub fn excess(reference: &[u64], window: &[u64]) -> f64 {
    let (m, n) = (total(reference), total(window));
    let parts = reference.iter().zip(window).filter(|(r, w)| **r > 0 || **w > 0).count();
    if m == 0 || n == 0 || parts < 2 {
        return 0.0;
    }
    let rows = real(m) + real(n);
    pearson(reference, window) - length(parts - 1) * rows / (rows - 1.0)
}

/// Shift of one tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeShift {
    /// [`pearson`] over the tree's cells.
    pub statistic: f64,
    /// [`LeafPooling::dof`].
    pub dof: usize,
    /// How much the tree moves the score: the variance of its value over the reference's rows.
    pub weight: f64,
}

impl TreeShift {
    /// The statistic in units of its spread: `(statistic − dof) / √(2 dof)`. 0 for a tree with a single cell.
    #[must_use]
    pub fn standardized(&self) -> f64 {
        let dof = length(self.dof);
        if self.dof == 0 { 0.0 } else { (self.statistic - dof) / (2.0 * dof).sqrt() }
    }
}

/// Summaries over all trees. Neither sees every shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeafShift {
    /// Weighted sum of all statistics, divided by its expectation without drift: sees what is spread over the trees that
    /// matter for the score.
    pub overall: f64,
    /// Mean of the largest 5% of [`TreeShift::standardized`]: sees what concerns few trees.
    pub strongest: f64,
}

impl LeafShift {
    /// `None` if no tree with a weight has more than one cell.
    #[must_use]
    pub fn new(trees: &[TreeShift]) -> Option<Self> {
        let sum = |of: fn(&TreeShift) -> f64| trees.iter().fold(0.0, |sum, tree| sum + tree.weight * of(tree));
        let expected = sum(|tree| length(tree.dof));
        let overall = sum(|tree| tree.statistic) / expected;
        let mut standardized: Vec<f64> =
            trees.iter().filter(|tree| tree.dof > 0).map(TreeShift::standardized).collect();
        standardized.sort_unstable_by(|a, b| b.total_cmp(a));
        standardized.truncate(standardized.len().div_ceil(TREES_PER_STRONGEST));
        let mean = standardized.iter().fold(0.0, |sum, value| sum + value) / length(standardized.len());
        (expected > 0.0 && overall.is_finite() && mean.is_finite()).then_some(Self { overall, strongest: mean })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thin_leaves_are_pooled() {
        // 1,000 rows: 1% is 10. The thin leaves have 12 rows together, enough for a cell of their own.
        let pooling = LeafPooling::new(&[500, 9, 478, 3, 10, 0]);
        assert_eq!((pooling.cells(), pooling.dof()), (4, 3));
        assert_eq!(pooling.pool(&[1, 2, 4, 8, 16, 32]), [1, 4, 16, 42]);
        // 9 rows are too few, and join the smallest cell.
        let pooling = LeafPooling::new(&[500, 9, 481, 0, 10]);
        assert_eq!(pooling.cells(), 3);
        assert_eq!(pooling.pool(&[1, 2, 4, 8, 16]), [1, 4, 26]);
        assert_eq!([0, 1, 4, 5].map(|leaf| pooling.cell(leaf)), [Some(0), Some(2), Some(2), None]);
        // Without rows, or with thin leaves only, there is one cell.
        for counts in [vec![0; 3], vec![1; 200], vec![7]] {
            let pooling = LeafPooling::new(&counts);
            assert_eq!((pooling.cells(), pooling.pool(&counts).len()), (1, 1));
        }
        assert_eq!(LeafPooling::new(&[1; 100]).cells(), 100);
    }

    #[test]
    fn pearson_of_a_two_by_two_table() {
        // 100 · (10 · 30 − 20 · 40)² / (50 · 50 · 30 · 70) = 4.7619…
        assert!((pearson(&[10, 40], &[20, 30]) - 100.0 / 21.0).abs() < 1e-12);
        assert_eq!(pearson(&[10, 40, 0], &[20, 80, 0]), 0.0);
        assert_eq!(pearson(&[0, 0], &[1, 2]), 0.0);
        // 20 expected in each of two cells.
        assert_eq!(pearson_of_known(&[0.5, 0.5, 0.0], &[10, 30, 0]), 10.0);
    }

    #[test]
    fn summaries_of_trees() {
        let tree = |statistic, dof, weight| TreeShift { statistic, dof, weight };
        let shift = LeafShift::new(&[tree(4.0, 2, 1.0), tree(16.0, 8, 3.0), tree(0.0, 0, 9.0)]).unwrap();
        assert_eq!(shift.overall, 2.0);
        // (16 − 8) / √16; 5% of two trees is one tree.
        assert_eq!(shift.strongest, 2.0);
        assert_eq!(LeafShift::new(&[tree(4.0, 2, 0.0), tree(0.0, 0, 1.0)]), None);
        assert_eq!(LeafShift::new(&[]), None);
        // 5% of 21 trees are two.
        let many: Vec<TreeShift> = (0..21).map(|number| tree(f64::from(number), 2, 1.0)).collect();
        assert_eq!(LeafShift::new(&many).unwrap().strongest, (18.0 + 17.0) / 4.0);
    }

    /// All ways to call `n` of the rows the window, given the part of each row.
    fn mean_excess(parts: &[usize], n: u32) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for window in (0_u32..1 << parts.len()).filter(|set| set.count_ones() == n) {
            let mut sides = [vec![0_u64; 4], vec![0_u64; 4]];
            for (row, part) in parts.iter().enumerate() {
                sides[(window >> row & 1) as usize][*part] += 1;
            }
            sum += excess(&sides[0], &sides[1]);
            count += 1.0;
        }
        sum / count
    }

    #[test]
    fn the_mean_excess_without_drift_is_zero() {
        for parts in [[0, 0, 0, 1, 1, 2, 2, 2, 2, 3], [0, 0, 0, 0, 0, 0, 0, 0, 0, 3], [1; 10]] {
            for n in 0..=10 {
                assert!(mean_excess(&parts, n).abs() < 1e-12, "{parts:?}: {n} of 10 rows");
            }
        }
    }

    proptest! {
        #[test]
        fn every_leaf_is_in_one_cell(counts in prop::collection::vec(prop_oneof![0_u32..30, 0_u32..5000], 1..300)) {
            let pooling = LeafPooling::new(&counts);
            let pooled = pooling.pool(&counts);
            let rows: u64 = counts.iter().map(|count| u64::from(*count)).sum();
            prop_assert_eq!(pooled.iter().sum::<u64>(), rows);
            prop_assert_eq!(pooled.len(), pooling.cells());
            prop_assert!((1..=101).contains(&pooling.cells()));
            prop_assert!(pooling.cells() == 1 || pooled.iter().all(|cell| cell * 100 >= rows));
        }

        #[test]
        fn equal_shares_have_no_shift(counts in prop::collection::vec(0_u64..1000, 1..30), factor in 1_u64..9) {
            let more: Vec<u64> = counts.iter().map(|count| count * factor).collect();
            prop_assert!(pearson(&counts, &more) < 1e-9);
        }

        #[test]
        fn any_counts_give_a_number(rows in prop::collection::vec((0_u64..1 << 40, 0_u64..1 << 40), 1..10)) {
            let (a, b): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
            prop_assert!(pearson(&a, &b) >= 0.0 && excess(&a, &b).is_finite());
        }
    }
}
