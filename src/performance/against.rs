//! Estimate against truth: what was expected of the rows whose labels have come, beside what came.

use vigie_stats::{Estimate, Interval, Isotonic, Outcomes, ranking};

use super::Terms;

/// Of the same rows, once without and once with their labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Against {
    pub rows: f64,
    /// Per 1,000 rows.
    pub cost_expected: Interval,
    pub cost_realised: f64,
    /// `None` with one outcome only.
    pub auc_expected: Option<Interval>,
    pub auc_realised: Option<f64>,
}

impl Against {
    /// `known`: how the reference's rows turned out. `None` without rows on one side.
    #[must_use]
    pub fn of(labelled: &Outcomes, known: &Outcomes, terms: Terms) -> Option<Self> {
        let rows = labelled.rows();
        if rows <= 0.0 || known.rows() <= 0.0 {
            return None;
        }
        let estimate = Estimate::of(labelled.recalibrated(&Isotonic::fit(known)), terms.threshold, known.rows());
        Some(Self {
            rows,
            cost_expected: estimate.cost(terms.price).scaled(1000.0 / rows),
            cost_realised: 1000.0 * labelled.confusion(terms.threshold).cost(terms.price) / rows,
            auc_expected: estimate.auc,
            auc_realised: ranking::auc(labelled),
        })
    }

    #[must_use]
    pub fn is_cost_inside(&self) -> bool {
        self.cost_expected.contains(self.cost_realised)
    }

    /// `None` where one of the two is not defined.
    #[must_use]
    pub fn is_auc_inside(&self) -> Option<bool> {
        Some(self.auc_expected?.contains(self.auc_realised?))
    }

    /// Whether something came that no estimate without labels could see.
    #[must_use]
    pub fn is_surprise(&self) -> bool {
        !self.is_cost_inside() || self.is_auc_inside() == Some(false)
    }
}
