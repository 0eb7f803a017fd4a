//! First Wasserstein distance between a window and the reference.

use vigie_profile::{
    layout::Cells,
    profile::{CellCounts, Scale, scale},
};
use vigie_stats::{BinnedPair, BinnedSample, wasserstein, wasserstein_bounds};

/// First Wasserstein distance between the values of both sides, missing ones left out, in the unit of the feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wasserstein {
    /// The distance, or an estimate between the bounds.
    pub value: f64,
    /// `value` in standard deviations of the reference; `None` if that is 0.
    pub normalised: Option<f64>,
    pub lower_bound: f64,
    pub upper_bound: f64,
    /// Known to nine digits: from values, or because counts leave nothing open.
    pub exact: bool,
    /// Standard deviation of the reference.
    std: f64,
}

impl Wasserstein {
    /// Measures two counts on the same cells; `single` marks the cells with a single possible value. `None` if a side
    /// has no values or a value is infinite.
    pub(super) fn new(cells: &Cells, single: &[bool], reference: &CellCounts, window: &CellCounts) -> Option<Self> {
        let scale = scale(cells);
        let pair = BinnedPair {
            edges: cells.edges(),
            single,
            reference: sample(reference, &scale)?,
            window: sample(window, &scale)?,
        };
        let bounds = wasserstein_bounds::bounds(&pair)?;
        let (least, greatest) = pair.reference.range;
        // The fixed-point sums of a constant may leave a rounding error.
        let std = if least < greatest { reference.moments().std(&scale).unwrap_or(0.0) } else { 0.0 };
        Some(Self {
            value: bounds.value,
            normalised: wasserstein::normalised(bounds.value, std),
            lower_bound: bounds.lower,
            upper_bound: bounds.upper,
            exact: bounds.exact,
            std,
        })
    }

    /// Returns the bounds in standard deviations of the reference; `None` if that is 0.
    #[must_use]
    pub fn normalised_bounds(&self) -> Option<(f64, f64)> {
        let normalised = |distance| wasserstein::normalised(distance, self.std);
        Some((normalised(self.lower_bound)?, normalised(self.upper_bound)?))
    }

    /// Sets the exact distance.
    pub fn refine(&mut self, exact: f64) {
        self.normalised = wasserstein::normalised(exact, self.std);
        (self.value, self.lower_bound, self.upper_bound, self.exact) = (exact, exact, exact, true);
    }
}

fn sample<'a>(counts: &'a CellCounts, scale: &Scale) -> Option<BinnedSample<'a>> {
    let range = counts.range()?;
    let mean = counts.moments().mean(scale).map(|mean| (mean, scale.mean_error(range)));
    Some(BinnedSample { counts: counts.cells(), range, mean })
}
