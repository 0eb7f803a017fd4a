//! Mean, deviation and quantiles of one side of a feature.

use crate::{
    layout::Cells,
    profile::{CellCounts, LevelCounts, scale},
};

/// Of the rows with a value. Quantiles are upper edges of cells: off by at most a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Summary {
    Numeric {
        present: u64,
        mean: Option<f64>,
        std: Option<f64>,
        min: Option<f64>,
        max: Option<f64>,
        /// (q, value)
        quantiles: Vec<(f64, Option<f64>)>,
    },
    Categorical {
        present: u64,
        /// Levels with at least one row.
        levels: usize,
    },
}

const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99];

impl Summary {
    pub(super) fn numeric(counts: &CellCounts, cells: &Cells) -> Self {
        let scale = scale(cells);
        let finite = |value: f64| value.is_finite().then_some(value);
        let (min, max) = counts.range().unzip();
        Self::Numeric {
            present: counts.present(),
            mean: counts.moments().mean(&scale).and_then(finite),
            std: counts.moments().std(&scale).and_then(finite),
            min: min.and_then(finite),
            max: max.and_then(finite),
            quantiles: QUANTILES.iter().map(|q| (*q, quantile(counts, cells, *q))).collect(),
        }
    }

    pub(super) fn categorical(counts: &LevelCounts) -> Self {
        let seen = counts.levels().iter().filter(|count| **count > 0).count();
        Self::Categorical { present: counts.present(), levels: seen + counts.unseen().len() }
    }
}

/// The upper edge of the cell that holds the row at `q`, kept within what was seen.
fn quantile(counts: &CellCounts, cells: &Cells, q: f64) -> Option<f64> {
    let (least, greatest) = counts.range()?;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let wanted = q * counts.present() as f64;
    let mut seen = 0u64;
    for (cell, count) in counts.cells().iter().enumerate() {
        seen += count;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        if *count > 0 && seen as f64 >= wanted {
            let edge = cells.bounds(cell).1.clamp(least, greatest);
            return edge.is_finite().then_some(edge);
        }
    }
    None
}
