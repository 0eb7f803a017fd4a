//! Isotonic regression: calibrates scores into probabilities with a non-decreasing curve.
//!
//! Pool adjacent violators (Ayer et al. 1955; Best & Chakravarti 1990). The curve is linear between its points and
//! constant beyond them, like scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.

use super::Outcomes;

/// A non-decreasing calibration curve from scores to probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Scores with their calibrated probabilities, both ascending.
    points: Vec<(f64, f64)>,
}

/// Adjacent scores that share one calibrated probability.
struct Pool {
    first: f64,
    last: f64,
    positives: f64,
    rows: f64,
}

impl Pool {
    fn share(&self) -> f64 {
        self.positives / self.rows
    }
}

impl Isotonic {
    /// Least-squares fit to the outcomes.
    #[must_use]
    pub fn fit(outcomes: &Outcomes) -> Self {
        let mut pools: Vec<Pool> = Vec::new();
        for step in outcomes.steps() {
            let (positives, rows) = (step.positives, step.positives + step.negatives);
            if rows <= 0.0 {
                continue;
            }
            let mut pool = Pool { first: step.score, last: step.score, positives, rows };
            while let Some(before) = pools.pop_if(|before| before.share() >= pool.share()) {
                pool.first = before.first;
                pool.positives += before.positives;
                pool.rows += before.rows;
            }
            pools.push(pool);
        }
        let mut points = Vec::with_capacity(pools.len() * 2);
        for pool in pools {
            points.push((pool.first, pool.share()));
            if pool.last > pool.first {
                points.push((pool.last, pool.share()));
            }
        }
        Self { points }
    }

    /// Points of the curve: scores with their probabilities, both ascending.
    #[must_use]
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Calibrated probability of a score; `None` for a curve without points.
    #[must_use]
    pub fn predict(&self, score: f64) -> Option<f64> {
        self.interpolate(self.points.partition_point(|(at, _)| *at < score), score)
    }

    /// Returns a function like [`Self::predict`] for a sequence of ascending scores, which walks the curve only once.
    pub fn predict_ascending(&self) -> impl FnMut(f64) -> Option<f64> {
        let mut next = 0;
        move |score| {
            while self.points.get(next).is_some_and(|(at, _)| *at < score) {
                next += 1;
            }
            self.interpolate(next, score)
        }
    }

    /// Interpolates at a score; `next` is the first point that is not below it.
    fn interpolate(&self, next: usize, score: f64) -> Option<f64> {
        let (at, probability) = match self.points.get(next) {
            None => return self.points.last().map(|(_, probability)| *probability),
            Some(point) => *point,
        };
        let Some((before, below)) = next.checked_sub(1).and_then(|before| self.points.get(before).copied()) else {
            return Some(probability);
        };
        if at <= score {
            return Some(probability);
        }
        Some(below + (probability - below) * ((score - before) / (at - before)))
    }
}
