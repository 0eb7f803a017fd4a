//! Reads single features of a log again, with the usable rows of each batch known from an earlier pass.

use arrow_array::{BooleanArray, Float64Array};
use vigie_profile::batch::Records;

use super::{
    sift::Sieve,
    threads::{Pass, Progress, for_each_part},
};
use crate::{
    fault::Result,
    source::{Plan, RowMask},
};

/// Features read together: enough to open each row group only a few times, few enough to keep the values in cache.
pub const FEATURES_PER_PART: usize = 16;

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

/// Parts that one thread reads at a time: pieces with some of the features each.
pub(super) fn parts<'f>(plan: &Plan, features: &'f [usize]) -> Vec<(usize, &'f [usize])> {
    let pieces = plan.pieces.iter().enumerate().filter(|(_, piece)| plan.has_separate_features(piece));
    pieces.flat_map(|(piece, _)| features.chunks(FEATURES_PER_PART).map(move |features| (piece, features))).collect()
}

impl ColumnScan {
    /// Passes features of all records to `each`, batch by batch, with the usable rows.
    pub(super) fn scan<T: Send>(
        &self,
        plan: &Plan,
        features: &[usize],
        threads: usize,
        progress: Progress<'_>,
        empty: &(dyn Fn() -> T + Sync),
        each: Each<'_, T>,
    ) -> Result<Pass<T>> {
        let parts = parts(plan, features);
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
