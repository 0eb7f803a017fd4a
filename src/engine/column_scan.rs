//! Reads single features of a log again, with the usable rows of each batch known from an earlier pass.

use std::collections::BTreeSet;

use arrow_array::{BooleanArray, Float64Array};
use vigie_profile::{batch::Records, repeat::HashedBlock};

use super::{
    sift::Sieve,
    threads::{Pass, Progress, for_each_part},
};
use crate::{
    fault::Result,
    source::{Plan, RowMask},
};

/// Features hashed together are in one group of so many consecutive ones. Hashes of windows counted with another number are
/// not comparable.
pub const HASHED_TOGETHER: usize = 16;
/// Features of a large row group that are read together: few enough to keep their pages in the cache, and for the allocator not
/// to give their memory back to the system after each part.
const FEW: usize = 4;
/// Features of another row group that are read together: enough to open it only a few times.
const MANY: usize = 16;
/// Minimum number of rows of a large row group.
const LARGE: usize = 1 << 16;

/// Scores and logged decisions of the used rows of a batch.
pub(super) type RowOutputs = (Option<Float64Array>, Option<BooleanArray>);

/// Usable rows of a piece, batch by batch.
#[derive(Debug, Default)]
pub(super) struct PieceRows {
    pub kept: Vec<RowMask>,
    pub sieves: Vec<Sieve>,
    /// Slot of the window's time of each used row.
    pub slots: Vec<Vec<u16>>,
    /// Outputs of the used rows, if segments need them.
    pub outputs: Vec<RowOutputs>,
}

/// Usable rows of all pieces of a log.
#[derive(Debug)]
pub(super) struct ColumnScan(pub Vec<PieceRows>);

/// Called with some features of a batch of records, the batch's usable rows, and their slots of time.
type Each<'a, T> = &'a (dyn Fn(&mut T, &[usize], Records, &Sieve, &[u16]) + Sync);

/// Features that are read together, in groups of two sizes.
pub(super) struct FeatureGroups {
    few: Vec<Vec<usize>>,
    many: Vec<Vec<usize>>,
}

impl FeatureGroups {
    /// Groups features; those of a hashed block stay together.
    pub(super) fn new(features: &[usize], blocks: &[HashedBlock]) -> Self {
        let hashed: BTreeSet<usize> = blocks.iter().flat_map(|block| block.features.iter().copied()).collect();
        let blocks = blocks.iter().map(|block| block.features.as_slice());
        let others = features.iter().filter(|feature| !hashed.contains(feature)).map(std::slice::from_ref);
        let units: Vec<&[usize]> = blocks.chain(others).collect();
        let groups = |most: usize| {
            let mut groups: Vec<Vec<usize>> = Vec::new();
            for unit in &units {
                match groups.last_mut().filter(|group| group.len() + unit.len() <= most) {
                    Some(group) => group.extend_from_slice(unit),
                    None => groups.push(unit.to_vec()),
                }
            }
            groups
        };
        Self { few: groups(FEW), many: groups(MANY) }
    }

    fn of(&self, rows: usize) -> &[Vec<usize>] {
        if rows >= LARGE { &self.few } else { &self.many }
    }
}

/// Parts that one thread reads at a time: pieces with some of the features each.
pub(super) fn parts<'g>(plan: &Plan, groups: &'g FeatureGroups) -> Vec<(usize, &'g [usize])> {
    let pieces = plan.pieces.iter().enumerate().filter(|(_, piece)| plan.has_separate_features(piece));
    pieces.flat_map(|(number, piece)| groups.of(plan.rows(piece)).iter().map(move |group| (number, &**group))).collect()
}

impl ColumnScan {
    /// Passes the features of all records to `each`, batch by batch, with the usable rows.
    pub(super) fn scan<T: Send>(
        &self,
        plan: &Plan,
        groups: &FeatureGroups,
        threads: usize,
        progress: Progress<'_>,
        empty: &(dyn Fn() -> T + Sync),
        each: Each<'_, T>,
    ) -> Result<Pass<T>> {
        let parts = parts(plan, groups);
        for_each_part(parts.len(), threads, progress, empty, &|tally: &mut T, number| {
            let (piece, features) = parts.get(number)?;
            let rows = self.0.get(*piece)?;
            Some(plan.read_features(plan.pieces.get(*piece)?, features, &rows.kept, &mut |batch, records| {
                if let (Some(sieve), Some(slots)) = (rows.sieves.get(batch), rows.slots.get(batch)) {
                    each(tally, features, records, sieve, slots);
                }
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_of_a_block_are_read_together_and_each_feature_once() {
        let block = |features: &[usize]| HashedBlock { prefix: String::new(), features: features.to_vec() };
        let features: Vec<usize> = (0..40).collect();
        let blocks = [block(&[1, 5, 9, 14]), block(&[2, 3, 30])];
        let groups = FeatureGroups::new(&features, &blocks);
        for (rows, most) in [(LARGE, FEW), (LARGE - 1, MANY)] {
            let own = groups.of(rows);
            assert!(own.iter().all(|group| group.len() <= most), "{own:?}");
            let mut all = own.concat();
            all.sort_unstable();
            assert_eq!(all, features);
            let is_inside =
                |block: &HashedBlock| own.iter().any(|group| block.features.iter().all(|f| group.contains(f)));
            assert!(blocks.iter().all(is_inside), "{own:?}");
        }
        assert_eq!(FeatureGroups::new(&[3, 7, 9], &[]).of(LARGE), [[3, 7, 9]]);
    }
}
