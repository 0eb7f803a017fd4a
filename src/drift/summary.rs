//! Mean, standard deviation and quantiles of one side of a feature.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::{
    layout::Cells,
    profile::{CellCounts, LevelCounts, scale},
};

/// What quantiles were computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuantileSource {
    /// Counts: upper edges of the reference's cells, which are off by at most a cell. Where the reference is sparse or ends, a
    /// cell is wide.
    #[default]
    Cells,
    /// Values, in a second pass over features with a finding: within 0.4% of numpy's.
    Values,
}

/// Summary of the rows with a value.
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
        quantile_source: QuantileSource,
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
            quantiles: quantiles(counts, cells),
            quantile_source: QuantileSource::Cells,
        }
    }

    /// Replaces the quantiles of a numeric feature by those of its values.
    pub(super) fn set_quantiles(&mut self, quantile: &dyn Fn(f64) -> Option<f64>) {
        if let Self::Numeric { quantiles, quantile_source, .. } = self {
            for (q, value) in quantiles {
                *value = quantile(*q).filter(|value| value.is_finite());
            }
            *quantile_source = QuantileSource::Values;
        }
    }

    pub(super) fn categorical(counts: &LevelCounts) -> Self {
        let seen = counts.levels().iter().filter(|count| **count > 0).count();
        Self::Categorical { present: counts.present(), levels: seen + counts.unseen().len() }
    }
}

/// Returns the upper edges of the cells that hold the rows at [`QUANTILES`], clamped to the observed range, in one pass over
/// the cells.
fn quantiles(counts: &CellCounts, cells: &Cells) -> Vec<(f64, Option<f64>)> {
    let range = counts.range();
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let present = counts.present() as f64;
    let hit = counts.cells().iter().enumerate().filter(|(_, count)| **count > 0);
    let mut upto = hit
        .scan(0u64, |seen, (cell, count)| {
            *seen += count;
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            let seen = *seen as f64;
            Some((cell, seen))
        })
        .peekable();
    let mut quantile = |q: f64| {
        let wanted = q * present;
        while upto.next_if(|(_, seen)| *seen < wanted).is_some() {}
        let (least, greatest) = range?;
        let edge = cells.bounds(upto.peek()?.0).1.max(least).min(greatest);
        edge.is_finite().then_some(edge)
    };
    QUANTILES.iter().map(|q| (*q, quantile(*q))).collect()
}
