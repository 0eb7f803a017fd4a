//! Rows that share a score, with their outcomes.

/// Positives and negatives among the rows with one score; fractional for expected outcomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreStep {
    pub score: f64,
    pub positives: f64,
    pub negatives: f64,
}

impl ScoreStep {
    /// Expected outcomes of `rows` rows that are positive with this probability each.
    #[must_use]
    pub fn expected(score: f64, rows: f64, probability: f64) -> Self {
        Self { score, positives: rows * probability, negatives: rows * (1.0 - probability) }
    }

    /// The same outcomes for a share of the rows.
    #[must_use]
    pub fn scaled(&self, share: f64) -> Self {
        Self { positives: self.positives * share, negatives: self.negatives * share, ..*self }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> f64 {
        self.positives + self.negatives
    }
}
