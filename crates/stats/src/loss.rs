//! Quality of predicted probabilities: Brier score, log loss and calibration curve.

use super::{Interval, Outcomes, ScoreStep};

/// Brier score: mean squared difference between probability and outcome (scikit-learn's `brier_score_loss`); `None`
/// without rows.
#[must_use]
pub fn brier(outcomes: &Outcomes) -> Option<Interval> {
    mean(outcomes, |score| ((1.0 - score).powi(2), score.powi(2)))
}

/// Log loss: mean negative log of the probability assigned to the actual outcome; `None` without rows. Like
/// scikit-learn's `log_loss`, it keeps probabilities an epsilon away from 0 and 1.
#[must_use]
pub fn log_loss(outcomes: &Outcomes) -> Option<Interval> {
    mean(outcomes, |score| {
        let score = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        (-score.ln(), -(1.0 - score).ln())
    })
}

/// Mean loss over rows with its 95% interval (normal); `loss` returns the loss of a positive and of a negative.
fn mean(outcomes: &Outcomes, loss: impl Fn(f64) -> (f64, f64)) -> Option<Interval> {
    let rows = outcomes.rows();
    if rows <= 0.0 {
        return None;
    }
    let sum = |transform: &dyn Fn(f64) -> f64| {
        outcomes.steps().iter().fold(0.0, |sum, step| {
            let (positive, negative) = loss(step.score);
            sum + step.positives * transform(positive) + step.negatives * transform(negative)
        })
    };
    let mean = sum(&|loss| loss) / rows;
    let spread = sum(&|loss| (loss - mean).powi(2)) / (rows - 1.0).max(1.0);
    Some(Interval::normal(mean, spread / rows))
}

/// One bin of a calibration curve: mean score, observed share of positives, and number of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    pub mean_score: f64,
    pub share: f64,
    pub rows: f64,
}

/// Calibration curve over quantile bins, as scikit-learn's `calibration_curve(strategy="quantile")`: edges by linear
/// interpolation, empty bins left out.
#[must_use]
pub fn calibration_curve(outcomes: &Outcomes, bins: u8) -> Vec<CalibrationBin> {
    let edges: Vec<f64> = (1..bins).filter_map(|edge| quantile(outcomes, f64::from(edge) / f64::from(bins))).collect();
    let mut steps = outcomes.steps().iter().peekable();
    let mut curve = Vec::new();
    for edge in edges.into_iter().chain([f64::INFINITY]) {
        let (mut rows, mut scores, mut positives) = (0.0, 0.0, 0.0);
        while let Some(ScoreStep { score, positives: more, negatives }) = steps.next_if(|step| step.score <= edge) {
            rows += more + negatives;
            scores += score * (more + negatives);
            positives += more;
        }
        if rows > 0.0 {
            curve.push(CalibrationBin { mean_score: scores / rows, share: positives / rows, rows });
        }
    }
    curve
}

/// Quantile of the scores by numpy's default method, linear between the two nearest rows.
fn quantile(outcomes: &Outcomes, share: f64) -> Option<f64> {
    let rank = share * (outcomes.rows() - 1.0);
    let at = |row: f64| {
        let mut rows = 0.0;
        outcomes.steps().iter().find(|step| {
            rows += step.positives + step.negatives;
            rows > row
        })
    };
    let (low, high) = (at(rank.floor())?.score, at(rank.ceil())?.score);
    let part = rank - rank.floor();
    // The same order of operations as numpy, so that an edge equal to a score stays equal.
    Some(if part >= 0.5 { high - (high - low) * (1.0 - part) } else { low + (high - low) * part })
}
