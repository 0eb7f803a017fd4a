//! What decisions about a segment's rows are expected to cost, by the calibration of all rows.

use super::Terms;
use crate::stats::{Estimate, Interval, Isotonic, Step};

/// Per 1,000 of the segment's rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentCost {
    pub per_1000: Interval,
    /// Of the reference's rows of the same segment, expected alike; `None` where it was learnt without them.
    pub reference: Option<f64>,
}

impl SegmentCost {
    /// Of the scores of a segment's rows, in any order. `own`: those of the reference's rows of the segment, with counts; `learnt`:
    /// rows that the calibration was learnt on. `None` of no rows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
    pub fn of(
        scores: &[f64],
        own: &[(f64, u64)],
        (calibration, learnt): (&Isotonic, f64),
        terms: Terms,
    ) -> Option<Self> {
        let step = |score, rows| Step::expected(score, rows, calibration.chance(score).unwrap_or(0.0));
        let scores = scores.iter().filter(|score| !score.is_nan());
        let expected = Estimate::unranked(scores.map(|score| step(*score, 1.0)), terms.threshold, learnt);
        let before =
            Estimate::unranked(own.iter().map(|(score, rows)| step(*score, *rows as f64)), terms.threshold, learnt);
        let rows = expected.confusion.rows();
        (rows > 0.0).then(|| Self {
            per_1000: expected.cost(terms.price).scaled(1000.0 / rows),
            reference: before.confusion.cost_per_1000(terms.price),
        })
    }
}
