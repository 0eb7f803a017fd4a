//! Events whose name says whether they are bad or good.

use super::{HighScore, fold::folded_word};

/// Folded names of bad events, in English and French.
const BAD: [&str; 20] = [
    "default",
    "defaulted",
    "bad",
    "fraud",
    "loss",
    "arrears",
    "late",
    "delinquent",
    "delinquency",
    "chargeoff",
    "bankruptcy",
    "churn",
    "defaut",
    "defaillance",
    "fraude",
    "impaye",
    "perte",
    "retard",
    "sinistre",
    "mauvais",
];
/// Folded names of good events.
const GOOD: [&str; 12] = [
    "repaid",
    "repay",
    "repayment",
    "paid",
    "good",
    "performing",
    "success",
    "rembourse",
    "remboursement",
    "paye",
    "bon",
    "sain",
];

impl HighScore {
    /// What a high probability of this event means; `None` if the name is not known.
    #[must_use]
    pub fn of_event(event: &str) -> Option<Self> {
        let event = folded_word(event);
        match (BAD.contains(&event.as_str()), GOOD.contains(&event.as_str())) {
            (true, _) => Some(Self::Bad),
            (_, true) => Some(Self::Good),
            _ => None,
        }
    }

    /// The event of a config that names none.
    #[must_use]
    pub fn usual_event(self) -> &'static str {
        match self {
            Self::Bad => "default",
            Self::Good => "repaid",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_known_in_two_languages() {
        for event in ["default", "Défaut", "charge-off", "IMPAYÉ"] {
            assert_eq!(HighScore::of_event(event), Some(HighScore::Bad), "{event}");
        }
        for event in ["repaid", "Remboursé", "good"] {
            assert_eq!(HighScore::of_event(event), Some(HighScore::Good), "{event}");
        }
        assert_eq!(HighScore::of_event("solvent"), None);
        for high_score in [HighScore::Bad, HighScore::Good] {
            assert_eq!(HighScore::of_event(high_score.usual_event()), Some(high_score));
        }
    }
}
