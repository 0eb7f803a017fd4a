//! Terms of a decision: the threshold, what a high score means, and the price of errors.

use vigie_profile::decision::{DecisionRule, HighScore};
use vigie_stats::{Outcomes, Price};

/// Threshold of decisions, and the cost of wrong ones.
///
/// Performance is measured on risks: the probability of the bad event, which is the score itself or its mirror image. A
/// positive is a bad outcome, whatever event the score and the labels are about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// The event is predicted for rows with a score of at least this.
    pub threshold: f64,
    pub price: Price,
    /// Weight of recall relative to precision in F-beta.
    pub beta: f64,
    /// Whether the event is bad or good.
    pub high_score: HighScore,
}

impl Terms {
    /// The risk at and above which a row is refused.
    #[must_use]
    pub fn risk_threshold(&self) -> f64 {
        DecisionRule { threshold: self.threshold, high_score: self.high_score }.risk_threshold()
    }

    /// The threshold of the score that refuses the rows with at least this risk, which is that of one of the outcomes.
    #[must_use]
    pub fn score_threshold(&self, outcomes: &Outcomes, risk: f64) -> f64 {
        match self.high_score {
            HighScore::Bad => risk,
            // Rows at the threshold are accepted, so it is the lowest accepted score.
            HighScore::Good => {
                let (accepted, _) = outcomes.split_at_threshold(risk);
                accepted.last().map_or(1.0, |step| self.high_score.score(step.score))
            }
        }
    }
}

/// Outcomes of the event by score as outcomes of the bad event by risk; each list is ascending.
#[must_use]
pub fn outcomes_by_risk(events: &[(f64, u64)], others: &[(f64, u64)], high_score: HighScore) -> Outcomes {
    match high_score {
        HighScore::Bad => Outcomes::from_counts(events, others),
        HighScore::Good => {
            let by_risk = |scores: &[(f64, u64)]| {
                let mut risks: Vec<(f64, u64)> = Vec::with_capacity(scores.len());
                for (score, rows) in scores.iter().rev() {
                    let risk = high_score.risk(*score);
                    match risks.last_mut() {
                        // Mirroring may merge scores that differ in the last digit only.
                        Some((last, own)) if last.to_bits() == risk.to_bits() => *own += rows,
                        _ => risks.push((risk, *rows)),
                    }
                }
                risks
            };
            Outcomes::from_counts(&by_risk(others), &by_risk(events))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrored_scores_have_the_same_outcomes() {
        let (defaults, others) = (vec![(0.25, 1), (0.75, 3)], vec![(0.125, 2), (0.25, 5)]);
        let mirror = |scores: &[(f64, u64)]| -> Vec<(f64, u64)> {
            scores.iter().rev().map(|(score, rows)| (1.0 - score, *rows)).collect()
        };
        let bad = outcomes_by_risk(&defaults, &others, HighScore::Bad);
        // The event is repayment, so the others are the events.
        let good = outcomes_by_risk(&mirror(&others), &mirror(&defaults), HighScore::Good);
        for threshold in [0.1, 0.2, 0.5, 0.9] {
            assert_eq!(bad.confusion(threshold), good.confusion(threshold), "{threshold}");
        }
        let price = Price { false_negative: 10.0, false_positive: 1.0 };
        let terms = |high_score| Terms { threshold: 0.5, price, beta: 1.0, high_score };
        assert!((terms(HighScore::Good).score_threshold(&good, 0.7) - 0.75).abs() < 1e-12, "the lowest accepted score");
        assert!((terms(HighScore::Bad).score_threshold(&bad, 0.75) - 0.75).abs() < 1e-12);
    }
}
