//! Performance without labels: what the window's scores lead one to expect, if they mean what they meant in the reference.

use vigie_stats::{Confusion, Estimate, Interval, Isotonic, Outcomes, Ranked, ranking, threshold};

use super::Terms;
use crate::reference::both;

/// A figure with its band, and the reference's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    pub window: Option<Interval>,
    pub reference: Option<f64>,
}

/// What the reference's rows cost at the same terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferenceCost {
    pub rows: f64,
    pub per_1000: f64,
    /// What chance leaves it.
    pub interval: Interval,
    /// Its own cheapest threshold, and the cost per 1,000 there.
    pub cheapest: Option<(Option<f64>, f64)>,
}

/// Of all used rows of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    pub rows: f64,
    pub confusion: Confusion,
    pub auc: Band,
    pub recall: Band,
    pub precision: Band,
    pub f_beta: Band,
    /// Of the rows together.
    pub cost: Interval,
    pub cost_per_1000: Interval,
    pub reference: ReferenceCost,
    /// How often chance alone would move the expected cost as far from what is expected of the reference's rows.
    pub p_value: Option<f64>,
    /// The AUC that the reference's own scores lead to expect, and how often chance alone would take the window's as far from it.
    pub auc_before: Option<(f64, Option<f64>)>,
    /// The AUC of the reference's known outcomes, with its interval.
    pub auc_known_before: Option<Interval>,
    /// Rows whose score lies outside those that the calibration was learnt on.
    pub beyond: f64,
}

impl Expected {
    /// Of scores, and of what is known of the reference's. `None` without rows on one side.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
    pub fn of(scores: &Ranked, known: &Outcomes, terms: Terms) -> Option<Self> {
        let calibration = Isotonic::fit(known);
        let rows = scores.rows() as f64;
        if rows <= 0.0 || known.rows() <= 0.0 {
            return None;
        }
        // The reference's own rows, estimated alike, are what the window is held against.
        let (estimate, same) = both(
            || Estimate::of(scores.expected(&calibration), terms.threshold, known.rows()),
            || Estimate::of(known.recalibrated(&calibration), terms.threshold, known.rows()),
        );
        let own = known.confusion(terms.threshold);
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
                cheapest: threshold::cheapest(known, terms.price)
                    .map(|at| (at.threshold, thousand(at.cost, known.rows()))),
            },
            p_value: means.0.zip(means.1).and_then(|(ours, theirs)| ours.apart(&theirs)),
            auc_before: estimate.auc.zip(same.auc).map(|(now, before)| (before.value, now.apart(&before))),
            auc_known_before: ranking::auc_interval(known),
            beyond: scores.beyond(least, greatest) as f64,
        })
    }

    /// By how much a row is expected to cost more than in the reference, as a share of that; `None` where that cost nothing.
    #[must_use]
    pub fn cost_moved(&self) -> Option<f64> {
        (self.reference.per_1000 > 0.0).then(|| self.cost_per_1000.value / self.reference.per_1000 - 1.0)
    }
}
