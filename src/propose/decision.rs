//! Which field is the decision, what its words mean, and from which score on requests are refused.

use vigie_profile::decision::{DecisionWord, DecisionWords, HighScore};

use super::{
    found_field::FoundField,
    inputs::FoundInputs,
    names::{decision_rank, is_output},
    question::{Answers, OpenPoint, Question},
    survey::{FieldFacts, Survey, number_of, spelled},
};

/// Maximum number of distinct words.
const WORDS: usize = 8;
/// Share of the decisions that a threshold has to explain, in percent.
const EXPLAINED: usize = 97;

/// The decision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoundDecision {
    pub field: FoundField,
    /// Words whose meaning is not common: accepted, refused.
    pub words: Option<(Vec<String>, Vec<String>)>,
    /// From which score on requests are refused, or with `HighScore::Good` accepted, and the evidence.
    pub threshold: Option<(f64, String)>,
    /// Whether high scores are refused; `None`: the decisions do not say.
    pub high_score: Option<HighScore>,
    pub question: Option<Question>,
}

/// Refused requests and others by score.
struct ScoreSplit {
    threshold: f64,
    /// Decisions that it explains.
    explained: usize,
    all: usize,
    high: HighScore,
    /// Whether both decisions occur.
    has_both: bool,
}

pub(super) fn find_decision(
    survey: &Survey,
    inputs: &FoundInputs,
    score: &str,
    scale: f64,
    answers: &Answers,
) -> Option<FoundDecision> {
    let may_be = |path: &str, facts: &FieldFacts| {
        !inputs.contains(path) && path != score && facts.values.len() <= WORDS && facts.present * 2 > inputs.records
    };
    let fields = survey.scalars().filter(|(path, facts)| may_be(path, facts));
    let mut found: Vec<(usize, FoundDecision)> =
        fields.filter_map(|(path, facts)| decision(survey, (path, facts), (score, scale), answers)).collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.field.path.len().cmp(&b.1.field.path.len())));
    found.into_iter().map(|(_, decision)| decision).next()
}

fn decision(
    survey: &Survey,
    (path, facts): (&str, &FieldFacts),
    (score, scale): (&str, f64),
    answers: &Answers,
) -> Option<(usize, FoundDecision)> {
    let named = decision_rank(path);
    let common = DecisionWords::new([], path, HighScore::Bad);
    let is_known = facts.values.keys().all(|word| common.meaning(&word_of(word)).is_some());
    let is_number = facts.is_numeric();
    // Numbers mean what the score says, and words in a field of another name, such as a status, only what agrees with it.
    if named == 0 && is_number || !is_known && (is_number || named == 0 || facts.values.len() != 2) {
        return None;
    }
    let pairs = pairs(survey, path, score, scale);
    let bad = |word: &str| common.meaning(&word_of(word));
    let (split, words) = if is_known {
        (
            split(&pairs, &|word| match bad(word)? {
                DecisionWord::Refused => Some(true),
                DecisionWord::Accepted => Some(false),
                DecisionWord::Open => None,
            }),
            None,
        )
    } else {
        let mut values = facts.values.keys();
        let (first, second) = (values.next()?.clone(), values.next()?.clone());
        let split = split(&pairs, &|word| Some(*word == second));
        let (low, high) = if split.high == HighScore::Bad { (first, second) } else { (second, first) };
        let (accepted, refused) = match answers.get(&OpenPoint::Words) {
            Some(answer) if *answer == high => (high, low),
            _ => (low, high),
        };
        (split, Some((vec![accepted], vec![refused])))
    };
    let is_explained = split.has_both && split.explained * 100 >= split.all * EXPLAINED;
    let says_field = common.meaning("1") == DecisionWords::new([], path, HighScore::Good).meaning("1");
    // A 1 at low scores is not the event, so probably an acceptance.
    let is_accepting = is_known && is_number && !says_field && is_explained && split.high == HighScore::Good;
    let words = words.or_else(|| {
        let of = |one: bool| facts.values.keys().filter(move |word| (word_of(word) == "1") == one).cloned().collect();
        is_accepting.then(|| (of(true), of(false)))
    });
    // A flag of another meaning is not a decision.
    if !is_explained && named < 2 {
        return None;
    }
    let question =
        words.as_ref().filter(|_| !answers.contains_key(&OpenPoint::Words)).map(|(accepted, refused)| Question {
            subject: OpenPoint::Words,
            text: format!("Which word of `{path}` means accepted?"),
            options: accepted.iter().chain(refused).cloned().collect(),
            default: accepted.first().cloned().unwrap_or_default(),
        });
    // A 1 is the event, whatever the score; words say which side is refused.
    let high_score = match &words {
        _ if is_accepting => Some(HighScore::Bad),
        None if is_number && !says_field || !is_explained => None,
        None => Some(split.high),
        Some((_, refused)) => {
            let high_is_refused = (split.high == HighScore::Bad) == refused.contains(facts.values.keys().nth(1)?);
            Some(if high_is_refused { HighScore::Bad } else { HighScore::Good })
        }
    };
    let counts: Vec<String> =
        facts.values.iter().map(|(word, count)| format!("{} {count}", vigie_profile::shown::shown(word))).collect();
    let threshold = is_explained.then(|| {
        let evidence = format!("explains {} of {} logged decisions", split.explained, split.all);
        (logged_threshold(survey, split.threshold, &pairs).unwrap_or(split.threshold), evidence)
    });
    let found =
        FoundDecision { field: FoundField::new(path, counts.join(", ")), words, threshold, high_score, question };
    let rank = named * 20
        + usize::from(is_known && !is_number) * 15
        + usize::from(is_explained) * 20
        + usize::from(is_output(path)) * 2;
    Some((rank, found))
}

/// A word as readers spell it: `true` is 1.
fn word_of(word: &str) -> String {
    match word {
        "true" | "1.0" => "1".to_owned(),
        "false" | "0.0" => "0".to_owned(),
        other => other.to_owned(),
    }
}

fn pairs(survey: &Survey, path: &str, score: &str, scale: f64) -> Vec<(f64, String)> {
    let scores = survey.column(score);
    let words = survey.column(path);
    scores.zip(words).filter_map(|(score, word)| Some((number_of(score?)? * scale, spelled(word?)))).collect()
}

/// The threshold that explains most decisions.
fn split(pairs: &[(f64, String)], is_refused: &dyn Fn(&String) -> Option<bool>) -> ScoreSplit {
    let mut rows: Vec<(f64, bool)> =
        pairs.iter().filter_map(|(score, word)| Some((*score, is_refused(word)?))).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = rows.len();
    let refused = rows.iter().filter(|(_, refused)| *refused).count();
    // Below place 0 is nothing: a rule that refuses all.
    let (mut best, mut place_of_best, mut high) = (refused.max(all - refused), None, HighScore::Bad);
    let mut refused_below = 0;
    for (place, pair) in rows.windows(2).enumerate() {
        let [(score, own), (next, _)] = pair else { continue };
        refused_below += usize::from(*own);
        if score >= next {
            continue;
        }
        let below = place + 1;
        let as_bad = (below - refused_below) + (refused - refused_below);
        let (explained, side) =
            if as_bad * 2 >= all { (as_bad, HighScore::Bad) } else { (all - as_bad, HighScore::Good) };
        if explained > best {
            (best, place_of_best, high) = (explained, Some((*score, *next)), side);
        }
    }
    let threshold = place_of_best.map_or(0.5, |(below, at)| shortest_between(below, at));
    ScoreSplit {
        threshold,
        explained: best,
        all,
        high,
        has_both: place_of_best.is_some() && refused > 0 && refused < all,
    }
}

/// The number with the fewest decimals above `below`, up to `at`.
fn shortest_between(below: f64, at: f64) -> f64 {
    for decimals in 0..12 {
        let unit = 10_f64.powi(decimals);
        let own = (at * unit).floor() / unit;
        if own > below {
            // The middle of several is the likelier one: 0.5 of 0.43 to 0.61.
            let least = ((below * unit).floor() + 1.0) / unit;
            let middle = ((f64::midpoint(least, own) * unit).round() / unit).clamp(least, own);
            return if (least..=own).contains(&0.5) { 0.5 } else { middle };
        }
    }
    at
}

/// A field of the log that is the threshold: one number, near the one that explains the decisions.
fn logged_threshold(survey: &Survey, near: f64, pairs: &[(f64, String)]) -> Option<f64> {
    let is_named = |path: &str| super::names::has_word(path, &["threshold", "cutoff", "seuil"]);
    let constant = |facts: &FieldFacts| (facts.values.len() == 1 && facts.is_numeric()).then_some(facts.least);
    let logged = survey.scalars().filter(|(path, _)| is_named(path)).find_map(|(_, facts)| constant(facts))?;
    // As many requests are on the same side of both.
    let between = pairs.iter().filter(|(score, _)| (*score >= near) != (*score >= logged)).count();
    (between * 50 <= pairs.len()).then_some(logged)
}

/// Threshold that the log states although no decision shows it.
pub(super) fn stated_threshold(survey: &Survey) -> Option<(f64, String)> {
    let is_named = |path: &str| super::names::has_word(path, &["threshold", "cutoff", "seuil"]);
    let constant = |facts: &FieldFacts| (facts.values.len() == 1 && facts.is_numeric()).then_some(facts.least);
    let found = survey.scalars().filter(|(path, _)| is_named(path));
    let mut found = found.filter_map(|(path, facts)| Some((constant(facts)?, path)));
    let (value, path) = found.find(|(value, _)| (0.0..=1.0).contains(value))?;
    Some((value, format!("`{path}` is {value} in all records")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_the_simplest_that_explains_the_decisions() {
        let text = |below, at| shortest_between(below, at).to_string();
        assert_eq!((text(0.43, 0.61).as_str(), text(0.317, 0.3234).as_str()), ("0.5", "0.32"));
        let rows = |refused: fn(f64) -> bool| -> Vec<(f64, String)> {
            let score = |row: i32| f64::from(row * 37 % 100) / 100.0;
            (0..100).map(|row| (score(row), if refused(score(row)) { "R" } else { "A" }.to_owned())).collect()
        };
        let is_refused = |word: &String| Some(word == "R");
        let bad = split(&rows(|score| score >= 0.4), &is_refused);
        let figures = |split: &ScoreSplit| (split.threshold.to_string(), split.explained, split.high);
        assert_eq!(figures(&bad), ("0.4".to_owned(), 100, HighScore::Bad));
        assert!(bad.has_both);
        let good = split(&rows(|score| score < 0.7), &is_refused);
        assert_eq!(figures(&good), ("0.7".to_owned(), 100, HighScore::Good));
        assert!(!split(&rows(|_| false), &is_refused).has_both);
    }
}
