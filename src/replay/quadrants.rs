//! Decisions of two models over the same rows: who is refused by which, and what that is expected to cost.

use vigie_stats::Price;

/// Which score a sum is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The logged one.
    Logged,
    /// That of the model that scored the rows again.
    Replayed,
}

/// Some rows: how many, and the sums of both scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub rows: u64,
    logged: i128,
    replayed: i128,
}

/// Sums are integers of this share of one, 2^52: no order of rows can change them.
const UNIT: f64 = 4_503_599_627_370_496.0;

impl Sums {
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

    /// The sum of the scores.
    #[expect(clippy::cast_precision_loss, reason = "rounded once, at the end")]
    #[must_use]
    pub fn sum(&self, of: Score) -> f64 {
        (match of {
            Score::Logged => self.logged,
            Score::Replayed => self.replayed,
        }) as f64
            / UNIT
    }

    /// The mean of the scores; `None` of no rows.
    #[must_use]
    pub fn mean(&self, of: Score) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        (self.rows > 0).then(|| self.sum(of) / self.rows as f64)
    }

    /// What accepting, or refusing, all of them is expected to cost, if that score is the probability of the outcome.
    #[must_use]
    pub fn cost(&self, refused: bool, by: Score, price: Price) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let rows = self.rows as f64;
        if refused { (rows - self.sum(by)) * price.false_positive } else { self.sum(by) * price.false_negative }
    }
}

/// Rows by what was decided, and what the other model decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quadrants {
    pub accepted_by_both: Sums,
    pub refused_by_both: Sums,
    /// Accepted as logged, refused when replayed.
    pub now_refused: Sums,
    /// Refused as logged, accepted when replayed.
    pub now_accepted: Sums,
}

impl Quadrants {
    pub fn observe(&mut self, logged: f64, replayed: f64, threshold: f64) {
        let of = match (logged >= threshold, replayed >= threshold) {
            (false, false) => &mut self.accepted_by_both,
            (true, true) => &mut self.refused_by_both,
            (false, true) => &mut self.now_refused,
            (true, false) => &mut self.now_accepted,
        };
        of.observe(logged, replayed);
    }

    pub fn merge(&mut self, other: &Self) {
        self.accepted_by_both.add(&other.accepted_by_both);
        self.refused_by_both.add(&other.refused_by_both);
        self.now_refused.add(&other.now_refused);
        self.now_accepted.add(&other.now_accepted);
    }

    /// All rows.
    #[must_use]
    pub fn all(&self) -> Sums {
        let mut all = self.accepted_by_both;
        [&self.refused_by_both, &self.now_refused, &self.now_accepted].into_iter().for_each(|part| all.add(part));
        all
    }

    /// Rows refused by one of the two.
    #[must_use]
    pub fn refused(&self, by: Score) -> u64 {
        self.refused_by_both.rows
            + match by {
                Score::Logged => self.now_accepted.rows,
                Score::Replayed => self.now_refused.rows,
            }
    }

    /// What all decisions of one of the two are expected to cost, if `by` is the probability of the outcome.
    #[must_use]
    pub fn cost(&self, decided: Score, by: Score, price: Price) -> f64 {
        let replayed = decided == Score::Replayed;
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
    fn each_way_of_changing_ones_mind_has_its_price() {
        let price = Price { false_negative: 10.0, false_positive: 1.0 };
        let mut quadrants = Quadrants::default();
        for (logged, replayed) in [(0.25, 0.75), (0.5, 0.25), (0.75, 0.75), (0.125, 0.25)] {
            quadrants.observe(logged, replayed, 0.5);
        }
        assert_eq!((quadrants.refused(Score::Logged), quadrants.refused(Score::Replayed)), (2, 2));
        let refused = quadrants.now_refused;
        assert_eq!(refused.rows, 1);
        // Accepted at 0.25: a quarter of ten. Refused: three quarters of one.
        assert!((refused.cost(false, Score::Logged, price) - 2.5).abs() < 1e-12);
        assert!((refused.cost(true, Score::Logged, price) - 0.75).abs() < 1e-12);
        let logged = 2.5 + 0.5 + 0.25 + 1.25;
        assert!((quadrants.cost(Score::Logged, Score::Logged, price) - logged).abs() < 1e-12);
        let replayed = 0.75 + 5.0 + 0.25 + 1.25;
        assert!((quadrants.cost(Score::Replayed, Score::Logged, price) - replayed).abs() < 1e-12);
        assert_eq!(quadrants.all().rows, 4);
    }
}
