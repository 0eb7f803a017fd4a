//! Checks the estimate without labels against the labels that have arrived.

use vigie_stats::{Confusion, Estimate, Interval, Isotonic, Outcomes, Ranked, ranking};

use super::Terms;

/// Performance of the same rows, estimated without their labels and measured with them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EstimateCheck {
    pub rows: f64,
    /// Per 1,000 rows.
    pub cost_expected: Interval,
    pub cost_realised: f64,
    /// `None` if all rows have the same outcome.
    pub auc_expected: Option<Interval>,
    pub auc_realised: Option<f64>,
}

impl EstimateCheck {
    /// Estimates the labelled rows from `known`, the reference's outcomes. `decided` holds their decisions, and `against` the
    /// risks of those that the threshold decides otherwise. `None` if either side has no rows.
    #[must_use]
    pub fn new(
        labelled: &Outcomes,
        (decided, against): (Confusion, &Ranked),
        known: &Outcomes,
        terms: Terms,
    ) -> Option<Self> {
        let rows = labelled.rows();
        if rows <= 0.0 || known.rows() <= 0.0 {
            return None;
        }
        let calibration = Isotonic::fit(known);
        let expected = labelled.recalibrated(&calibration);
        let estimate = Estimate::with_exceptions(expected, terms.risk_threshold(), against, known.rows());
        Some(Self {
            rows,
            cost_expected: estimate.cost(terms.price).scaled(1000.0 / rows),
            cost_realised: 1000.0 * decided.cost(terms.price) / rows,
            auc_expected: estimate.auc,
            auc_realised: ranking::auc(labelled),
        })
    }

    #[must_use]
    pub fn is_cost_inside(&self) -> bool {
        self.cost_expected.contains(self.cost_realised)
    }

    /// `None` if either value is undefined.
    #[must_use]
    pub fn is_auc_inside(&self) -> Option<bool> {
        Some(self.auc_expected?.contains(self.auc_realised?))
    }

    /// Returns whether the labels fall outside the estimate: something changed that no estimate without labels can see.
    #[must_use]
    pub fn is_surprise(&self) -> bool {
        !self.is_cost_inside() || self.is_auc_inside() == Some(false)
    }
}
