//! Performance measured on labelled rows.

use vigie_profile::decision::HighScore;
use vigie_stats::{
    Confusion, Interval, Outcomes,
    loss::{self, CalibrationBin},
    ranking,
    threshold::{self, OperatingPoint},
};

use super::Terms;

/// Number of bins of the calibration curve.
const BINS: u8 = 10;

/// Performance of the labelled rows by risk; `None` where a figure is undefined.
#[derive(Debug, Clone, PartialEq)]
pub struct Realised {
    pub rows: u64,
    pub confusion: Confusion,
    pub auc: Option<Interval>,
    /// AUC, also where it has no interval because an outcome has fewer than two rows.
    pub auc_value: Option<f64>,
    pub average_precision: Option<f64>,
    /// `None` with fewer than two positive rows.
    pub average_precision_interval: Option<Interval>,
    pub brier: Option<Interval>,
    pub log_loss: Option<Interval>,
    pub recall: Option<Interval>,
    pub precision: Option<Interval>,
    pub f_beta: Option<Interval>,
    pub cost: Interval,
    /// Its threshold is one of the score.
    pub cheapest: Option<OperatingPoint>,
    /// By score, with the shares of the score's event.
    pub calibration: Vec<CalibrationBin>,
}

impl Realised {
    /// Measures the performance; `None` without rows.
    #[must_use]
    pub fn new(outcomes: &Outcomes, terms: Terms) -> Option<Self> {
        Self::with_decisions(outcomes, outcomes.confusion(terms.risk_threshold()), terms)
    }

    /// Measures the performance of decisions that were not all made by the threshold; `None` without rows.
    #[must_use]
    pub fn with_decisions(outcomes: &Outcomes, confusion: Confusion, terms: Terms) -> Option<Self> {
        let rows = outcomes.rows();
        if rows <= 0.0 {
            return None;
        }
        let interval = ranking::auc_interval(outcomes);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
        let whole = rows as u64;
        Some(Self {
            rows: whole,
            confusion,
            auc: interval,
            auc_value: ranking::auc(outcomes),
            average_precision: ranking::average_precision(outcomes),
            average_precision_interval: ranking::average_precision_interval(outcomes),
            brier: loss::brier(outcomes),
            log_loss: loss::log_loss(outcomes),
            recall: Interval::wilson(confusion.true_positives, confusion.positives()),
            precision: Interval::wilson(confusion.true_positives, confusion.refused()),
            f_beta: confusion.f_beta_interval(terms.beta),
            cost: cost(confusion, terms),
            cheapest: threshold::cheapest(outcomes, terms.price).map(|at| OperatingPoint {
                threshold: at.threshold.map(|risk| terms.score_threshold(outcomes, risk)),
                ..at
            }),
            calibration: calibration_curve(outcomes, terms.high_score),
        })
    }

    /// Returns the cost per 1,000 labelled rows.
    #[must_use]
    pub fn cost_per_1000(&self) -> Interval {
        self.cost.scaled(1000.0 / self.confusion.rows())
    }

    /// Returns the amount that the cheapest threshold would have saved.
    #[must_use]
    pub fn saving(&self) -> Option<f64> {
        self.cheapest.map(|cheapest| self.cost.value - cheapest.cost)
    }
}

/// Returns the calibration curve in terms of the score and its event.
#[must_use]
pub fn calibration_curve(outcomes: &Outcomes, high_score: HighScore) -> Vec<CalibrationBin> {
    let mut curve = loss::calibration_curve(outcomes, BINS);
    if high_score == HighScore::Good {
        curve.reverse();
        for bin in &mut curve {
            *bin = CalibrationBin { mean_score: high_score.score(bin.mean_score), share: 1.0 - bin.share, ..*bin };
        }
    }
    curve
}

/// Returns the total cost, with the interval of a sum of rows that each cost nothing or one of the two prices.
fn cost(confusion: Confusion, terms: Terms) -> Interval {
    let (rows, cost) = (confusion.rows(), confusion.cost(terms.price));
    let squares = terms.price.false_negative.powi(2) * confusion.false_negatives
        + terms.price.false_positive.powi(2) * confusion.false_positives;
    Interval::normal(cost, squares - cost * cost / rows).clamped(0.0, f64::INFINITY)
}
