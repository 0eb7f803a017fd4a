//! Decisions of two models on the same rows: which rows each refuses, and the expected cost.

use vigie_profile::decision::HighScore;
use vigie_stats::Price;

/// Where a score comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreSource {
    /// The log.
    Logged,
    /// The model that scored the rows again.
    Replayed,
}

/// What wrong decisions cost, and what a score says about the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScorePrice {
    pub of_error: Price,
    pub high_score: HighScore,
}

/// Number of rows, and the sums of both scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScoreSums {
    pub rows: u64,
    logged: i128,
    replayed: i128,
}

/// Sums are integers in units of 2^-52, so the order of rows does not matter.
const UNIT: f64 = 4_503_599_627_370_496.0;

impl ScoreSums {
    fn observe(&mut self, logged: f64, replayed: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a probability times 2^52")]
        let fixed = |score: f64| (score * UNIT).round() as i128;
        self.rows += 1;
        self.logged += fixed(logged);
        self.replayed += fixed(replayed);
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.logged += other.logged;
        self.replayed += other.replayed;
    }

    /// Sum of the scores.
    #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
    #[must_use]
    pub fn sum(&self, of: ScoreSource) -> f64 {
        (match of {
            ScoreSource::Logged => self.logged,
            ScoreSource::Replayed => self.replayed,
        }) as f64
            / UNIT
    }

    /// Mean of the scores; `None` without rows.
    #[must_use]
    pub fn mean(&self, of: ScoreSource) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        (self.rows > 0).then(|| self.sum(of) / self.rows as f64)
    }

    /// Expected cost of accepting or refusing all of these rows, if the score `by` is the probability of the outcome.
    #[must_use]
    pub fn cost(&self, refused: bool, by: ScoreSource, price: ScorePrice) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let (rows, events) = (self.rows as f64, self.sum(by));
        let (bad, good) = match price.high_score {
            HighScore::Bad => (events, rows - events),
            HighScore::Good => (rows - events, events),
        };
        if refused { good * price.of_error.false_positive } else { bad * price.of_error.false_negative }
    }
}

/// Rows by logged decision and replayed decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quadrants {
    pub accepted_by_both: ScoreSums,
    pub refused_by_both: ScoreSums,
    /// Accepted as logged, refused when replayed.
    pub now_refused: ScoreSums,
    /// Refused as logged, accepted when replayed.
    pub now_accepted: ScoreSums,
}

impl Quadrants {
    /// Counts a row with both scores; `refused`: whether it was refused, and whether it is when replayed.
    pub fn observe(&mut self, logged: f64, replayed: f64, refused: (bool, bool)) {
        let quadrant = match refused {
            (false, false) => &mut self.accepted_by_both,
            (true, true) => &mut self.refused_by_both,
            (false, true) => &mut self.now_refused,
            (true, false) => &mut self.now_accepted,
        };
        quadrant.observe(logged, replayed);
    }

    pub fn merge(&mut self, other: &Self) {
        self.accepted_by_both.add(&other.accepted_by_both);
        self.refused_by_both.add(&other.refused_by_both);
        self.now_refused.add(&other.now_refused);
        self.now_accepted.add(&other.now_accepted);
    }

    /// Totals over all rows.
    #[must_use]
    pub fn all(&self) -> ScoreSums {
        let mut all = self.accepted_by_both;
        [&self.refused_by_both, &self.now_refused, &self.now_accepted].into_iter().for_each(|part| all.add(part));
        all
    }

    /// Number of rows refused by one of the two.
    #[must_use]
    pub fn refused(&self, by: ScoreSource) -> u64 {
        self.refused_by_both.rows
            + match by {
                ScoreSource::Logged => self.now_accepted.rows,
                ScoreSource::Replayed => self.now_refused.rows,
            }
    }

    /// Share of rows refused by one of the two; `None` without rows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    pub fn share_refused(&self, by: ScoreSource) -> Option<f64> {
        let rows = self.all().rows;
        (rows > 0).then(|| self.refused(by) as f64 / rows as f64)
    }

    /// Expected cost of all decisions of one of the two, if the score `by` is the probability of the outcome.
    #[must_use]
    pub fn cost(&self, decided: ScoreSource, by: ScoreSource, price: ScorePrice) -> f64 {
        let replayed = decided == ScoreSource::Replayed;
        self.accepted_by_both.cost(false, by, price)
            + self.refused_by_both.cost(true, by, price)
            + self.now_refused.cost(replayed, by, price)
            + self.now_accepted.cost(!replayed, by, price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_changed_decision_has_its_expected_cost() {
        let of_error = Price { false_negative: 10.0, false_positive: 1.0 };
        let price = ScorePrice { of_error, high_score: HighScore::Bad };
        let mut quadrants = Quadrants::default();
        for (logged, replayed) in [(0.25, 0.75), (0.5, 0.25), (0.75, 0.75), (0.125, 0.25)] {
            quadrants.observe(logged, replayed, (logged >= 0.5, replayed >= 0.5));
        }
        assert_eq!((quadrants.refused(ScoreSource::Logged), quadrants.refused(ScoreSource::Replayed)), (2, 2));
        let refused = quadrants.now_refused;
        assert_eq!(refused.rows, 1);
        // Accepted at 0.25: a quarter of ten. Refused: three quarters of one.
        assert!((refused.cost(false, ScoreSource::Logged, price) - 2.5).abs() < 1e-12);
        assert!((refused.cost(true, ScoreSource::Logged, price) - 0.75).abs() < 1e-12);
        let logged = 2.5 + 0.5 + 0.25 + 1.25;
        assert!((quadrants.cost(ScoreSource::Logged, ScoreSource::Logged, price) - logged).abs() < 1e-12);
        let replayed = 0.75 + 5.0 + 0.25 + 1.25;
        assert!((quadrants.cost(ScoreSource::Replayed, ScoreSource::Logged, price) - replayed).abs() < 1e-12);
        assert_eq!(quadrants.all().rows, 4);
        // The same rows by the probability of repayment.
        let mirrored = ScorePrice { high_score: HighScore::Good, ..price };
        let mut repaid = Quadrants::default();
        for (logged, replayed) in [(0.75, 0.25), (0.5, 0.75), (0.25, 0.25), (0.875, 0.75)] {
            repaid.observe(logged, replayed, (logged <= 0.5, replayed <= 0.5));
        }
        for (decided, by) in [(ScoreSource::Logged, ScoreSource::Logged), (ScoreSource::Replayed, ScoreSource::Logged)]
        {
            assert!((repaid.cost(decided, by, mirrored) - quadrants.cost(decided, by, price)).abs() < 1e-12);
        }
    }
}
