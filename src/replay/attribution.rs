//! Drift of each feature's contribution to the score: which drifted inputs matter for decisions.

use arrow_array::Float64Array;
use vigie_profile::{
    layout::Precision,
    profile::{CellCounts, scale},
};
use vigie_stats::EmptyBins;

use super::Unmeasured;
use crate::{
    drift::{FeatureDrift, compare_counts},
    reference::Contributions,
};

/// Absolute contributions are summed as integers, in units of 2^-40.
const UNIT: f64 = 1_099_511_627_776.0;

/// Counts of contributions, on the cells of the reference's contributions. Merging is commutative.
#[derive(Debug, Clone)]
pub struct AttributionTally {
    rows: u64,
    features: Vec<(CellCounts, i128)>,
}

impl AttributionTally {
    /// An empty tally.
    #[must_use]
    pub fn empty(reference: &Contributions) -> Self {
        let counts = reference.features.iter().map(|feature| (CellCounts::empty(&feature.cells), 0));
        Self { rows: 0, features: counts.collect() }
    }

    /// Counts SHAP values, `width` per row, of which those of the score begin at `first`. `columns`: for each feature of the
    /// model, its index in the layout.
    pub fn observe(
        &mut self,
        values: &[f64],
        (width, first): (usize, usize),
        columns: &[Option<usize>],
        reference: &Contributions,
    ) {
        self.rows += values.len().checked_div(width).unwrap_or(0) as u64;
        for (place, column) in columns.iter().enumerate() {
            let own = column.and_then(|column| Some((self.features.get_mut(column)?, reference.features.get(column)?)));
            let Some(((counts, sizes), contribution)) = own else { continue };
            let feature_values: Vec<f64> = values.iter().skip(first + place).step_by(width).copied().collect();
            for value in &feature_values {
                #[expect(clippy::cast_possible_truncation, reason = "saturates; contributions are small")]
                let size = (value.abs() * UNIT).round() as i128;
                *sizes += size;
            }
            let cells = &contribution.cells;
            counts.observe_array(&Float64Array::from(feature_values), cells, &scale(cells), Precision::F32);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for ((ours, sizes), (theirs, more)) in self.features.iter_mut().zip(&other.features) {
            ours.merge(theirs);
            *sizes += more;
        }
    }

    /// Computes the distances from the reference's contributions.
    #[must_use]
    pub fn finish(&self, reference: &Contributions, empty: EmptyBins) -> Attribution {
        let features = reference.features.iter().zip(&self.features).map(|(ours, (theirs, sizes))| {
            #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
            let mean_abs = (self.rows > 0).then(|| *sizes as f64 / UNIT / self.rows as f64);
            ContributionDrift {
                distance: compare_counts(&ours.cells, &ours.counts, theirs, Precision::F32, empty),
                mean_abs: (ours.mean_abs, mean_abs),
            }
        });
        Attribution::Measured { rows: self.rows, features: features.collect() }
    }
}

/// Drift of contributions.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribution {
    Unavailable(Unmeasured),
    Measured {
        /// Rows of the window that were explained.
        rows: u64,
        /// In the order of the layout's features.
        features: Vec<ContributionDrift>,
    },
}

/// Drift of one feature's contributions.
#[derive(Debug, Clone, PartialEq)]
pub struct ContributionDrift {
    /// PSI, KS and means of the contributions, in units of the raw score.
    pub distance: FeatureDrift,
    /// Mean absolute contribution, in the reference and the window.
    pub mean_abs: (f64, Option<f64>),
}

impl Attribution {
    /// Drift of the feature at this index of the layout.
    #[must_use]
    pub fn feature(&self, feature: usize) -> Option<&ContributionDrift> {
        match self {
            Self::Unavailable(_) => None,
            Self::Measured { features, .. } => features.get(feature),
        }
    }
}
