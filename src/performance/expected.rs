//! Performance without labels: estimated from the window's scores, assuming that they mean what they meant in the reference.

use vigie_stats::{Confusion, Estimate, Interval, Isotonic, Outcomes, Ranked, ranking, threshold::cheapest};

use super::Terms;
use crate::reference::join;

/// An estimate with its interval, and the reference's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    pub window: Option<Interval>,
    pub reference: Option<f64>,
}

/// Cost of the reference's rows on the same terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceCost {
    pub rows: f64,
    pub per_1000: f64,
    /// 95% interval of `per_1000`.
    pub interval: Interval,
    /// The reference's cheapest threshold (`None`: refuse nobody), and the cost per 1,000 rows there.
    pub cheapest: Option<(Option<f64>, f64)>,
}

/// Estimated performance of all used rows of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    pub rows: f64,
    pub confusion: Confusion,
    pub auc: Band,
    pub recall: Band,
    pub precision: Band,
    pub f_beta: Band,
    /// Total over all rows.
    pub cost: Interval,
    pub cost_per_1000: Interval,
    pub reference: ReferenceCost,
    /// Probability that chance alone moves the expected cost this far from that of the reference's rows.
    pub p_value: Option<f64>,
    /// AUC estimated from the reference's scores, and the probability that chance alone moves the window's AUC this far from it.
    pub auc_before: Option<(f64, Option<f64>)>,
    /// AUC of the reference by its outcomes, with its interval.
    pub auc_known_before: Option<Interval>,
    /// Rows with a score outside the range that the calibration was learnt on.
    pub beyond: f64,
}

impl Expected {
    /// Estimates the performance of rows with these risks from `known`, the reference's outcomes. `None` if either side has no
    /// rows.
    #[must_use]
    pub fn new(scores: &Ranked, known: &Outcomes, terms: Terms) -> Option<Self> {
        Self::with_exceptions(scores, &Ranked::default(), known, terms)
    }

    /// Like [`Self::new`], for rows that were not all decided by the threshold: `against` holds the risks of those that it
    /// decides otherwise.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
    pub fn with_exceptions(scores: &Ranked, against: &Ranked, known: &Outcomes, terms: Terms) -> Option<Self> {
        let (calibration, threshold) = (Isotonic::fit(known), terms.risk_threshold());
        let rows = scores.rows() as f64;
        if rows <= 0.0 || known.rows() <= 0.0 {
            return None;
        }
        // The window is compared with the reference's own rows, estimated the same way.
        let (estimate, same) = join(
            || Estimate::with_exceptions(scores.expected(&calibration), threshold, against, known.rows()),
            || Estimate::new(known.recalibrated(&calibration), threshold, known.rows()),
        );
        let own = known.confusion(threshold);
        let means = (estimate.mean_cost(terms.price), same.mean_cost(terms.price));
        let band = |window, reference| Band { window, reference };
        let cost = estimate.cost(terms.price);
        let thousand = |cost: f64, rows: f64| 1000.0 * cost / rows;
        let least = known.steps().first().map_or(f64::INFINITY, |step| step.score);
        let greatest = known.steps().last().map_or(f64::NEG_INFINITY, |step| step.score);
        Some(Self {
            rows,
            confusion: estimate.confusion,
            auc: band(estimate.auc, ranking::auc(known)),
            recall: band(estimate.recall(), own.recall()),
            precision: band(estimate.precision(), own.precision()),
            f_beta: band(estimate.f_beta(terms.beta), own.f_beta(terms.beta)),
            cost,
            cost_per_1000: cost.scaled(1000.0 / rows),
            reference: ReferenceCost {
                rows: known.rows(),
                per_1000: thousand(own.cost(terms.price), known.rows()),
                interval: {
                    let squares = terms.price.false_negative.powi(2) * own.false_negatives
                        + terms.price.false_positive.powi(2) * own.false_positives;
                    let sum = own.cost(terms.price);
                    Interval::normal(sum, squares - sum * sum / known.rows()).scaled(1000.0 / known.rows())
                },
                cheapest: cheapest(known, terms.price).map(|at| {
                    let threshold = at.threshold.map(|risk| terms.score_threshold(known, risk));
                    (threshold, thousand(at.cost, known.rows()))
                }),
            },
            p_value: means.0.zip(means.1).and_then(|(ours, theirs)| ours.difference_p_value(&theirs)),
            auc_before: estimate.auc.zip(same.auc).map(|(now, before)| (before.value, now.difference_p_value(&before))),
            auc_known_before: ranking::auc_interval(known),
            beyond: scores.outside(least, greatest) as f64,
        })
    }

    /// Returns the relative change of the expected cost per row against the reference; `None` if the reference's cost is zero.
    #[must_use]
    pub fn cost_moved(&self) -> Option<f64> {
        (self.reference.per_1000 > 0.0).then(|| self.cost_per_1000.value / self.reference.per_1000 - 1.0)
    }
}
