//! Expected cost of the decisions about a segment's rows, by the calibration of all rows.

use vigie_stats::{Estimate, Interval, Isotonic, Ranked};

use super::{Terms, outcomes_by_risk};

/// Expected cost per 1,000 rows of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentCost {
    pub per_1000: Interval,
    /// The same estimate for the reference's rows of the segment; `None` if the reference was learnt without the segment.
    pub reference: Option<f64>,
}

impl SegmentCost {
    /// Estimates the cost of rows with these risks; `against` holds those of the rows that the threshold decides otherwise. `own` holds the scores of the reference's rows of the segment, ascending, with counts; `learnt` is the
    /// number of rows that the calibration was learnt on. `None` without rows.
    #[must_use]
    pub fn new(
        (scores, against): (&Ranked, &Ranked),
        own: &[(f64, u64)],
        (calibration, learnt): (&Isotonic, f64),
        terms: Terms,
    ) -> Option<Self> {
        let threshold = terms.risk_threshold();
        let expected = Estimate::without_auc(scores.expected(calibration), threshold, against, learnt);
        let own = outcomes_by_risk(own, &[], terms.high_score);
        let before = Estimate::without_auc(own.recalibrated(calibration), threshold, &Ranked::default(), learnt);
        let rows = expected.confusion.rows();
        (rows > 0.0).then(|| Self {
            per_1000: expected.cost(terms.price).scaled(1000.0 / rows),
            reference: before.confusion.cost_per_1000(terms.price),
        })
    }
}
