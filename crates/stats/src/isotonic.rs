//! Isotonic regression: the rising curve that is nearest to what came true, by which a score becomes a probability.
//!
//! Pool adjacent violators (Ayer et al. 1955; Best & Chakravarti 1990). Between the steps the curve is linear, beyond them
//! level: scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.

use super::Outcomes;

/// A rising curve through points, scores ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Scores and how often they come true.
    points: Vec<(f64, f64)>,
}

/// Neighbours that are level, and what they have in common.
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
    /// The curve nearest to these outcomes, in squares.
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

    /// Scores and how often they come true, both rising.
    #[must_use]
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// How often a score comes true; `None` of a curve without points.
    #[must_use]
    pub fn chance(&self, score: f64) -> Option<f64> {
        self.between(self.points.partition_point(|(at, _)| *at < score), score)
    }

    /// The same of many scores, each at least the one before: the curve is walked once.
    pub fn rising(&self) -> impl FnMut(f64) -> Option<f64> {
        let mut next = 0;
        move |score| {
            while self.points.get(next).is_some_and(|(at, _)| *at < score) {
                next += 1;
            }
            self.between(next, score)
        }
    }

    /// `next`: the first point that is not below the score.
    fn between(&self, next: usize, score: f64) -> Option<f64> {
        let (at, chance) = match self.points.get(next) {
            None => return self.points.last().map(|(_, chance)| *chance),
            Some(point) => *point,
        };
        let Some((before, below)) = next.checked_sub(1).and_then(|before| self.points.get(before).copied()) else {
            return Some(chance);
        };
        if at <= score {
            return Some(chance);
        }
        Some(below + (chance - below) * ((score - before) / (at - before)))
    }
}
