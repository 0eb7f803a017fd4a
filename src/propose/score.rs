//! Which field is the score: a probability, the probabilities of several classes, or a predicted number.

use std::collections::BTreeMap;

use vigie_profile::decision::HighScore;

use super::{
    found_field::FoundField,
    inputs::FoundInputs,
    known::Known,
    names::{has_word, is_output, last, latency_rank, score_rank, time_rank},
    proposal::ProposedScore,
    question::{Answers, OpenPoint, Question},
    survey::{FieldFacts, Survey, number_of, rounded, value_at},
};

/// Words of numbers that are not scores.
const OTHERS: [&str; 21] = [
    "threshold",
    "cutoff",
    "seuil",
    "latency",
    "latence",
    "duration",
    "elapsed",
    "version",
    "status",
    "code",
    "seq",
    "raw",
    "time",
    "timing",
    "ms",
    "rows",
    "count",
    "size",
    "index",
    "id",
    "confidence",
];

/// The score, and what it was chosen from.
#[derive(Debug, Default)]
pub(super) struct FoundScore {
    pub score: Option<ProposedScore>,
    /// Other fields that may be the score.
    pub others: Vec<FoundField>,
    pub question: Option<Question>,
}

/// A field and how it may be read as a score.
struct ScoreField {
    rank: usize,
    score: ProposedScore,
}

pub(super) fn find_score(survey: &Survey, inputs: &FoundInputs, known: &Known, answers: &Answers) -> FoundScore {
    let known_names = known.features();
    let is_input = |path: &str| inputs.path.is_none() && known_names.iter().any(|name| name == path);
    let is_free = |path: &str| !inputs.contains(path) && !is_input(path);
    let mut fields: Vec<ScoreField> = Vec::new();
    for (path, facts) in survey.scalars().filter(|(path, _)| is_free(path)) {
        fields.extend(scalar(survey, path, facts, inputs, known));
    }
    for (path, facts) in survey.fields.iter().filter(|(path, facts)| is_free(path) && facts.objects > 0) {
        fields.extend(classes(survey, path, facts));
    }
    fields.sort_by(|a, b| b.rank.cmp(&a.rank).then(a.score.path().len().cmp(&b.score.path().len())));
    if let Some(answer) = answers.get(&OpenPoint::Score)
        && let Some(place) = fields.iter().position(|field| field.score.path() == answer)
    {
        let chosen = fields.remove(place);
        fields.insert(0, chosen);
    }
    let Some(best) = fields.first() else { return FoundScore::default() };
    let rivals: Vec<&ScoreField> = fields.iter().skip(1).filter(|field| field.rank + 8 >= best.rank).collect();
    let question = (!rivals.is_empty() && !answers.contains_key(&OpenPoint::Score)).then(|| Question {
        subject: OpenPoint::Score,
        text: "Which field is the model's score?".to_owned(),
        options: std::iter::once(best)
            .chain(rivals.iter().copied())
            .map(|field| field.score.path().to_owned())
            .collect(),
        default: best.score.path().to_owned(),
    });
    let others = rivals.iter().map(|field| field.score.field().clone()).collect();
    FoundScore { score: Some(best.score.clone()), others, question }
}

/// A scalar, or a list of them.
fn scalar(survey: &Survey, path: &str, facts: &FieldFacts, inputs: &FoundInputs, known: &Known) -> Option<ScoreField> {
    let (numbers, scalars) = (facts.numbers, facts.scalars());
    let named = score_rank(path);
    let own = last(path);
    // A decision has two values; a short sample may have as few.
    let is_decision = facts.values.len() < 3 && (named < 2 || facts.whole == numbers || scalars > 20);
    if !facts.is_numeric() || is_decision || latency_rank(path) > 0 && named < 3 || time_rank(path) > 1 {
        return None;
    }
    let is_other = has_word(own, &OTHERS) && named < 3;
    // Among the record's own columns, any feature may look like a score.
    if is_other || named == 0 && inputs.path.is_none() || facts.present * 5 < inputs.records {
        return None;
    }
    let evidence =
        format!("{numbers} of {scalars} are numbers from {} to {}", rounded(facts.least), rounded(facts.most));
    let rank = named * 20 + if is_output(path) { 10 } else { 0 };
    if facts.shares * 100 >= numbers * 99 {
        if known.is_regression && named == 0 {
            return None;
        }
        if let Some(pair) = pair(survey, path, facts) {
            return Some(ScoreField { rank: rank + 25, score: pair });
        }
        let field = FoundField::new(path, evidence);
        let score = if known.is_regression {
            ProposedScore::Prediction(field)
        } else {
            ProposedScore::Probability { field, scale: 1.0 }
        };
        return Some(ScoreField { rank: rank + 15, score });
    }
    let field = FoundField::new(path, evidence);
    if named == 3 && !known.is_regression && facts.least >= 0.0 && facts.most <= 100.0 {
        let field = FoundField { evidence: format!("{}, so percent", field.evidence), ..field };
        return Some(ScoreField { rank: rank + 10, score: ProposedScore::Probability { field, scale: 0.01 } });
    }
    (named > 0 || known.is_regression && inputs.path.is_some())
        .then_some(ScoreField { rank: rank / 2, score: ProposedScore::Prediction(field) })
}

/// The second of two probabilities in a list (`predict_proba`), if requests have one row each.
fn pair(survey: &Survey, path: &str, facts: &FieldFacts) -> Option<ProposedScore> {
    if facts.width() != Some(2) {
        return None;
    }
    let inner = if facts.list_lists > 0 { format!("{path}.0") } else { path.to_owned() };
    let sums_to_one = survey.records.iter().filter_map(|record| value_at(record, &inner)).all(|pair| {
        let pair: Vec<f64> = pair.as_array().into_iter().flatten().filter_map(number_of).collect();
        (pair.iter().sum::<f64>() - 1.0).abs() < 1e-3
    });
    sums_to_one.then(|| ProposedScore::Probability {
        field: FoundField::new(&format!("{inner}.1"), "the second of two probabilities, which add up to 1"),
        scale: 1.0,
    })
}

/// An object with the probability of each class.
fn classes(survey: &Survey, path: &str, facts: &FieldFacts) -> Option<ScoreField> {
    let names: Vec<&String> = facts.children.iter().collect();
    if names.len() < 2 || names.len() > 50 {
        return None;
    }
    let mut objects = 0;
    for record in &survey.records {
        let Some(object) = value_at(record, path).and_then(|value| value.as_object()) else { continue };
        let shares: Option<Vec<f64>> = object.values().map(number_of).collect();
        let is_sum = shares.is_some_and(|shares| (shares.iter().sum::<f64>() - 1.0).abs() < 1e-3);
        if !is_sum {
            return None;
        }
        objects += 1;
    }
    let rank = 60 + score_rank(path) * 10 + if is_output(path) { 10 } else { 0 };
    let evidence = format!("the probabilities of {} classes, which add up to 1 in {objects} records", names.len());
    let inside = |name: &str| format!("{path}.{name}");
    if let [first, second] = names.as_slice() {
        let is_event = |name: &str| {
            HighScore::of_event(name) == Some(HighScore::Bad) || ["1", "true", "yes", "1.0"].contains(&name)
        };
        let name = if is_event(first) { first } else { second };
        let field = FoundField::new(&inside(name), evidence);
        return Some(ScoreField { rank, score: ProposedScore::Probability { field, scale: 1.0 } });
    }
    let paths: BTreeMap<String, String> = names.iter().map(|name| ((*name).clone(), inside(name))).collect();
    Some(ScoreField { rank, score: ProposedScore::Classes { field: FoundField::new(path, evidence), paths } })
}
