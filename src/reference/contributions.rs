//! Distribution of each feature's contributions to the score over the reference rows: the baseline for a window's
//! contributions, and the feature's importance.

use arrow_array::Float64Array;
use vigie_profile::{
    layout::{Cells, Precision},
    profile::{CellCounts, scale},
};

/// Number of cells: each holds one in this many rows, which limits the resolution of comparisons.
const CELLS: u64 = 200;

/// Contributions of all features, in layout order.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// SHA-256 of the model file.
    pub model_sha256: String,
    /// Number of rows explained.
    pub rows: u64,
    pub features: Vec<Contribution>,
    /// What contributions to a linear model are differences from, as [`vigie_models::Explainer::means`] returns it; empty
    /// for other models.
    pub background: Vec<f64>,
}

/// Distribution of one feature's contributions, in units of the raw score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    pub cells: Cells,
    pub counts: CellCounts,
    /// Mean absolute contribution: the feature's importance.
    pub mean_abs: f64,
}

impl Contribution {
    /// Learns the distribution from contributions; empty for a feature that the model does not use.
    #[must_use]
    pub fn learn(values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().map(|value| Precision::F32.round(*value) + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let distinct: Vec<(f64, u64)> = sorted
            .chunk_by(|a, b| a.to_bits() == b.to_bits())
            .filter_map(|same| Some((*same.first()?, same.len() as u64)))
            .collect();
        let cells = Cells::learn_with_resolution(&distinct, Precision::F32, CELLS);
        let mut counts = CellCounts::empty(&cells);
        counts.observe_array(&Float64Array::from(sorted.clone()), &cells, &scale(&cells), Precision::F32);
        // Sorted, so that the sum does not depend on the order of rows.
        let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let mean_abs = sizes.iter().fold(0.0, |sum, size| sum + size) / (values.len() as f64).max(1.0);
        Self { cells, counts, mean_abs }
    }
}
