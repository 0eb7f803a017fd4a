//! Distances without a test of their own.

use vigie_profile::{layout::Cells, profile::CellCounts};

use super::{BinCount, Wasserstein};

/// Distances between reference and window for which another test is the evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distances {
    /// Jensen–Shannon distance over the bins, base 2; `None` if a side has no rows.
    pub jensen_shannon: Option<f64>,
    /// Numeric features with values on both sides, all of them finite.
    pub wasserstein: Option<Wasserstein>,
}

impl Distances {
    /// Measures a numeric feature; `single` marks the cells with a single possible value.
    pub(super) fn numeric(
        bins: &[BinCount],
        cells: &Cells,
        single: &[bool],
        reference: &CellCounts,
        window: &CellCounts,
    ) -> Self {
        Self { wasserstein: Wasserstein::new(cells, single, reference, window), ..Self::categorical(bins) }
    }

    pub(super) fn categorical(bins: &[BinCount]) -> Self {
        let (reference, window): (Vec<u64>, Vec<u64>) = bins.iter().map(|bin| (bin.reference, bin.window)).unzip();
        let jensen_shannon = vigie_stats::jensen_shannon::jensen_shannon(&reference, &window);
        Self { jensen_shannon, wasserstein: None }
    }

    /// Drops the distances that bins alone cannot give.
    pub(super) fn bins_only(&mut self) {
        self.wasserstein = None;
    }
}
