//! What decisions about a segment's rows are expected to cost, by the calibration of all rows.

use vigie_stats::{Estimate, Interval, Isotonic, Outcomes, Ranked};

use super::Terms;

/// Per 1,000 of the segment's rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentCost {
    pub per_1000: Interval,
    /// Of the reference's rows of the same segment, expected alike; `None` where it was learnt without them.
    pub reference: Option<f64>,
}

impl SegmentCost {
    /// `own`: scores of the reference's rows of the segment, ascending, with counts; `learnt`: rows that the calibration was
    /// learnt on. `None` of no rows.
    #[must_use]
    pub fn of(
        scores: &Ranked,
        own: &[(f64, u64)],
        (calibration, learnt): (&Isotonic, f64),
        terms: Terms,
    ) -> Option<Self> {
        let expected = Estimate::without_auc(scores.expected(calibration), terms.threshold, learnt);
        let own = Outcomes::of_counts(own, &[]);
        let before = Estimate::without_auc(own.recalibrated(calibration), terms.threshold, learnt);
        let rows = expected.confusion.rows();
        (rows > 0.0).then(|| Self {
            per_1000: expected.cost(terms.price).scaled(1000.0 / rows),
            reference: before.confusion.cost_per_1000(terms.price),
        })
    }
}
