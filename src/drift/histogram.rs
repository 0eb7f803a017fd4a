//! Histogram of the score for charts, in equal steps. PSI is computed on the bins, not on these.

use vigie_profile::{layout::Cells, profile::CellCounts};

/// One step `[lower, upper)` of probability with the row counts of both sides, accurate to a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramStep {
    pub lower: f64,
    pub upper: f64,
    pub reference: u64,
    pub window: u64,
}

const STEPS: u32 = 25;

/// Counts each cell in the step that contains its midpoint.
pub(super) fn histogram(cells: &Cells, reference: &CellCounts, window: &CellCounts) -> Vec<HistogramStep> {
    let at = |step: u32| f64::from(step) / f64::from(STEPS);
    let mut steps: Vec<HistogramStep> = (0..STEPS)
        .map(|step| HistogramStep { lower: at(step), upper: at(step + 1), reference: 0, window: 0 })
        .collect();
    for (cell, (ours, theirs)) in reference.cells().iter().zip(window.cells()).enumerate() {
        let (lower, upper) = cells.bounds(cell);
        let middle = f64::midpoint(lower.clamp(0.0, 1.0), upper.clamp(0.0, 1.0));
        let place = steps.partition_point(|step| step.upper <= middle).min(steps.len() - 1);
        if let Some(step) = steps.get_mut(place) {
            step.reference += ours;
            step.window += theirs;
        }
    }
    steps
}
