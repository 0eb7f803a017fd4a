//! What the words of a log's decisions mean: accepted, refused, or neither.

use std::collections::HashMap;

use arrow_array::{BooleanArray, StringArray};

use super::{HighScore, fold::folded_word};

/// Meaning of a decision's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionWord {
    Accepted,
    Refused,
    /// Known, but not a decision yet, such as a case for a human.
    Open,
}

/// Common words in English and French, folded: without case, accents, blanks and punctuation.
const ACCEPTED: [&str; 26] = [
    "accept",
    "accepted",
    "acceptance",
    "approve",
    "approved",
    "approval",
    "grant",
    "granted",
    "good",
    "ok",
    "pass",
    "passed",
    "accepte",
    "acceptee",
    "acceptation",
    "accorde",
    "accordee",
    "accord",
    "approuve",
    "approuvee",
    "bon",
    "favorable",
    "octroye",
    "octroi",
    "valide",
    "validee",
];
const REFUSED: [&str; 24] = [
    "refuse",
    "refused",
    "refusal",
    "reject",
    "rejected",
    "rejection",
    "decline",
    "declined",
    "deny",
    "denied",
    "denial",
    "bad",
    "ko",
    "fail",
    "failed",
    "refusee",
    "refus",
    "rejete",
    "rejetee",
    "rejet",
    "declinee",
    "defavorable",
    "mauvais",
    "default",
];
const OPEN: [&str; 14] = [
    "review",
    "manualreview",
    "manual",
    "refer",
    "referred",
    "referral",
    "pending",
    "hold",
    "open",
    "enattente",
    "aetudier",
    "etude",
    "analyse",
    "manuel",
];
const YES: [&str; 3] = ["yes", "oui", "y"];
const NO: [&str; 3] = ["no", "non", "n"];
const ONE: [&str; 1] = ["1"];
const ZERO: [&str; 1] = ["0"];

/// Beginnings of words in the name of a field that say what its 1 or its yes means.
const ACCEPTING: [&str; 6] = ["accept", "approv", "approuv", "grant", "accord", "octroy"];
const REFUSING: [&str; 6] = ["refus", "reject", "rejet", "declin", "denied", "denial"];

/// The words of one log's decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionWords {
    known: HashMap<String, DecisionWord>,
}

impl DecisionWords {
    /// The common words, which `own` extends and overrides.
    ///
    /// A 1 (or `true`) and a yes mean what the name of the `field` says: accepted in `is_approved`, refused in `rejected`.
    /// Otherwise a 1 is the event that the score predicts, so refused if a high score is bad, and a yes is accepted.
    #[must_use]
    pub fn new<'a>(own: impl IntoIterator<Item = (&'a str, DecisionWord)>, field: &str, high_score: HighScore) -> Self {
        let (accepted, refused) = (DecisionWord::Accepted, DecisionWord::Refused);
        let named = meaning_of_field(field);
        let one = named.unwrap_or(match high_score {
            HighScore::Bad => refused,
            HighScore::Good => accepted,
        });
        let yes = named.unwrap_or(accepted);
        let opposite = |word| if word == accepted { refused } else { accepted };
        let pair = |word: &'a str, meaning| (folded_word(word), meaning);
        let common = [
            (&ACCEPTED[..], accepted),
            (&REFUSED[..], refused),
            (&OPEN[..], DecisionWord::Open),
            (&YES[..], yes),
            (&NO[..], opposite(yes)),
            (&ONE[..], one),
            (&ZERO[..], opposite(one)),
        ];
        let common = common.into_iter().flat_map(|(words, meaning)| words.iter().map(move |word| (*word, meaning)));
        let known = common.map(|(word, meaning)| (word.to_owned(), meaning));
        let own: Vec<(String, DecisionWord)> = own.into_iter().map(|(word, meaning)| pair(word, meaning)).collect();
        // Where only one of 1 and 0 is given, the other one is its opposite.
        let other = |given: &str, other: &str| {
            let meaning = own.iter().find(|(word, _)| word == given)?.1;
            (meaning != DecisionWord::Open).then(|| (other.to_owned(), opposite(meaning)))
        };
        let others = [other("1", "0"), other("0", "1")];
        Self { known: known.chain(others.into_iter().flatten()).chain(own).collect() }
    }

    /// Meaning of a word in any case, with or without accents; `None` if it is unknown.
    #[must_use]
    pub fn meaning(&self, word: &str) -> Option<DecisionWord> {
        self.known.get(&folded_word(word)).copied()
    }

    /// Whether each row was refused; null if it has no decision, an open one, or an unknown word.
    #[must_use]
    pub fn decide(&self, words: &StringArray) -> BooleanArray {
        // Few words occur in a batch, and folding one takes longer than looking it up.
        let mut seen: HashMap<&str, Option<bool>> = HashMap::new();
        let decide = |word: &str| match self.meaning(word) {
            Some(DecisionWord::Refused) => Some(true),
            Some(DecisionWord::Accepted) => Some(false),
            Some(DecisionWord::Open) | None => None,
        };
        words.iter().map(|word| *seen.entry(word?).or_insert_with_key(|word| decide(word))).collect()
    }
}

/// What a 1 in a field of this name means; `None` if the name does not say.
fn meaning_of_field(field: &str) -> Option<DecisionWord> {
    let name = folded_word(field.rsplit('.').next().unwrap_or(field));
    let has = |stems: &[&str]| stems.iter().any(|stem| name.contains(stem));
    match (has(&ACCEPTING), has(&REFUSING)) {
        (true, false) => Some(DecisionWord::Accepted),
        (false, true) => Some(DecisionWord::Refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(field: &str, high_score: HighScore) -> DecisionWords {
        DecisionWords::new([], field, high_score)
    }

    #[test]
    fn common_words_are_known_in_any_spelling() {
        let words = words("decision", HighScore::Bad);
        for word in ["APPROVED", "accepted", "Accordé", "ACCORDÉE", "accorde\u{301}", "OK", "Oui", " granted "] {
            assert_eq!(words.meaning(word), Some(DecisionWord::Accepted), "{word}");
        }
        for word in ["REFUSED", "Rejected", "declined", "Refusé", "refus", "REJETÉ", "KO", "non"] {
            assert_eq!(words.meaning(word), Some(DecisionWord::Refused), "{word}");
        }
        for word in ["REVIEW", "manual_review", "En attente", "à étudier"] {
            assert_eq!(words.meaning(word), Some(DecisionWord::Open), "{word}");
        }
        for word in ["A", "-1", "2", "+", "platform"] {
            assert_eq!(words.meaning(word), None, "{word}");
        }
    }

    #[test]
    fn numbers_follow_the_field_or_the_event() {
        let one = |field, high_score| words(field, high_score).meaning("1");
        assert_eq!(one("outputs.decision", HighScore::Bad), Some(DecisionWord::Refused));
        assert_eq!(one("outputs.decision", HighScore::Good), Some(DecisionWord::Accepted));
        assert_eq!(one("is_approved", HighScore::Bad), Some(DecisionWord::Accepted));
        assert_eq!(one("approved.rejected", HighScore::Good), Some(DecisionWord::Refused));
        assert_eq!(words("is_approved", HighScore::Bad).meaning("0"), Some(DecisionWord::Refused));
        assert_eq!(words("refusé", HighScore::Bad).meaning("oui"), Some(DecisionWord::Refused));
        assert_eq!(words("decision", HighScore::Bad).meaning("oui"), Some(DecisionWord::Accepted));
    }

    #[test]
    fn own_words_come_first() {
        let own = [("A", DecisionWord::Accepted), ("Déc", DecisionWord::Refused), ("1", DecisionWord::Accepted)];
        let words = DecisionWords::new(own, "decision", HighScore::Bad);
        let decided =
            words.decide(&StringArray::from(vec![Some("a"), Some("dec"), None, Some("1"), Some("0"), Some("?")]));
        let wanted = [Some(false), Some(true), None, Some(false), Some(true), None];
        assert_eq!(decided, wanted.into_iter().collect::<BooleanArray>());
    }
}
