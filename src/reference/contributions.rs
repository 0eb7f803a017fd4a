//! What each feature adds to the score over the reference's rows, counted: what a window's contributions are compared
//! with, and how much each feature matters.

use arrow_array::Float64Array;
use vigie_profile::{
    layout::{Cells, Precision},
    profile::{CellCounts, scale},
};

/// A cell holds one in so many rows: contributions are compared to within that.
const WORTHS: u64 = 200;

/// How the contributions of every feature were spread, in the order of the layout's features.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// Of the model file they are of.
    pub model_sha256: String,
    /// Rows that were explained.
    pub rows: u64,
    pub features: Vec<Contribution>,
}

/// Of one feature, in units of the raw score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    pub cells: Cells,
    pub counts: CellCounts,
    /// The mean of their sizes: the feature's importance.
    pub mean_abs: f64,
}

impl Contribution {
    /// Of the contributions of some rows; a feature that the model does not read has none.
    #[must_use]
    pub fn learn(values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().map(|value| Precision::F32.round(*value) + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let distinct: Vec<(f64, u64)> = sorted
            .chunk_by(|a, b| a.to_bits() == b.to_bits())
            .filter_map(|same| Some((*same.first()?, same.len() as u64)))
            .collect();
        let cells = Cells::learn_coarsely(&distinct, Precision::F32, WORTHS);
        let mut counts = CellCounts::empty(&cells);
        counts.observe_array(&Float64Array::from(sorted.clone()), &cells, &scale(&cells), Precision::F32);
        // In the order of their sizes, so that the sum does not depend on that of the rows.
        let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let mean_abs = sizes.iter().fold(0.0, |sum, size| sum + size) / (values.len() as f64).max(1.0);
        Self { cells, counts, mean_abs }
    }
}
