//! Which scores are refused.

use arrow_array::Array;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::batch::Rows;

/// What a high score says about an applicant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HighScore {
    /// The probability of a bad event, such as default: high scores are refused.
    #[default]
    Bad,
    /// The probability of a good event, such as repayment: low scores are refused.
    Good,
}

impl HighScore {
    /// The probability of the bad event that a score states. One that is the probability of the good event is mirrored; the
    /// result is one step lower, so that the score exactly on a threshold stays on the side of the accepted ones.
    #[must_use]
    pub fn risk(self, score: f64) -> f64 {
        match self {
            Self::Bad => score,
            Self::Good => (1.0 - score).next_down(),
        }
    }

    /// The score with this risk: the inverse of [`Self::risk`] to 15 digits.
    #[must_use]
    pub fn score(self, risk: f64) -> f64 {
        const DIGITS: f64 = 1e15;
        match self {
            Self::Bad => risk,
            Self::Good => ((1.0 - risk) * DIGITS).round() / DIGITS,
        }
    }
}

/// The side of a threshold on which applicants are refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionRule {
    pub threshold: f64,
    pub high_score: HighScore,
}

impl DecisionRule {
    /// Whether the score is refused: at or above the threshold if a high score is bad, below it if a high score is good. Either
    /// way, the event is predicted at and above the threshold.
    #[must_use]
    pub fn refuses(self, score: f64) -> bool {
        match self.high_score {
            HighScore::Bad => score >= self.threshold,
            HighScore::Good => score < self.threshold,
        }
    }

    /// Whether each row was refused: as logged, else by its score; `None` without either.
    pub fn decisions(self, rows: &Rows) -> impl Iterator<Item = Option<bool>> {
        (0..rows.len).map(move |row| {
            let logged = rows.refused.as_ref().filter(|refused| row < refused.len() && refused.is_valid(row));
            let score = rows.probability.as_ref().filter(|scores| row < scores.len() && scores.is_valid(row));
            logged.map(|refused| refused.value(row)).or_else(|| Some(self.refuses(score?.value(row))))
        })
    }

    /// Scores of the rows whose logged decision is not the one that the rule makes.
    pub fn against(self, rows: &Rows) -> impl Iterator<Item = f64> {
        let scores = rows.probability.iter().flatten().zip(rows.refused.iter().flatten());
        scores.filter_map(move |(score, refused)| {
            score.filter(|score| refused.is_some_and(|refused| refused != self.refuses(*score)))
        })
    }

    /// The threshold of [`HighScore::risk`], at and above which rows are refused.
    #[must_use]
    pub fn risk_threshold(self) -> f64 {
        match self.high_score {
            HighScore::Bad => self.threshold,
            HighScore::Good => 1.0 - self.threshold,
        }
    }
}

/// A threshold alone: a high score is bad.
impl From<f64> for DecisionRule {
    fn from(threshold: f64) -> Self {
        Self { threshold, high_score: HighScore::Bad }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_event_is_predicted_at_the_threshold() {
        let rule = |high_score| DecisionRule { threshold: 0.45, high_score };
        let refused = |high_score| [0.44, 0.45, 0.46].map(|score| rule(high_score).refuses(score));
        assert_eq!(refused(HighScore::Bad), [false, true, true]);
        assert_eq!(refused(HighScore::Good), [true, false, false]);
        assert_eq!(DecisionRule::from(0.45), rule(HighScore::Bad));
    }

    proptest! {
        /// Rounded scores are decided alike by score and by risk, on the threshold too.
        #[test]
        fn risk_and_score_give_the_same_decision(score in 0u32..=1_000, threshold in 1u32..=1_000, is_good: bool) {
            let high_score = if is_good { HighScore::Good } else { HighScore::Bad };
            let (score, threshold) = (f64::from(score) / 1e3, f64::from(threshold) / 1e3);
            let rule = DecisionRule { threshold, high_score };
            prop_assert_eq!(rule.refuses(score), high_score.risk(score) >= rule.risk_threshold());
            prop_assert_eq!(high_score.score(high_score.risk(score)).to_bits(), score.to_bits());
        }
    }
}
