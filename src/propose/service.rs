//! Which fields are latency, status, error, id and model version.

use super::{
    found_field::FoundField,
    inputs::FoundInputs,
    names::{has_word, id_rank, last, latency_rank, words},
    question::{Answers, OpenPoint, Question},
    survey::{FieldFacts, Survey, number_of, rounded},
};

/// Scalars that are not inputs.
fn outside<'s>(survey: &'s Survey, inputs: &'s FoundInputs) -> impl Iterator<Item = (&'s String, &'s FieldFacts)> {
    survey.scalars().filter(|(path, _)| !inputs.contains(path))
}

/// The one with the highest rank; of several, the shortest path.
fn best<T>(found: impl Iterator<Item = (usize, usize, T)>) -> Option<T> {
    found.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, _, best)| best)
}

/// The latency, the factor that makes it milliseconds, and a question about its unit.
pub(super) fn find_latency(
    survey: &Survey,
    inputs: &FoundInputs,
    answers: &Answers,
) -> Option<(FoundField, f64, Option<Question>)> {
    let is_part =
        |path: &str| has_word(path, &["db", "parse", "queue", "network", "load", "timing", "timings", "preprocessing"]);
    let found = outside(survey, inputs)
        .filter(|(path, facts)| {
            latency_rank(path) > 0
                && facts.is_numeric()
                && facts.least >= 0.0
                && facts.time_count() == 0
                && !is_part(path)
        })
        .map(|(path, facts)| (latency_rank(path), path.len(), (path, facts)));
    let (path, facts) = best(found)?;
    let range = format!("{} to {}", rounded(facts.least), rounded(facts.most));
    let own = words(last(path));
    let has = |known: &[&str]| own.iter().any(|word| known.contains(&word.as_str()));
    let by_name = match () {
        () if has(&["ms", "millis", "milliseconds"]) || last(path).to_lowercase().ends_with("ms") => {
            Some((1.0, "milliseconds"))
        }
        () if has(&["us", "micros", "microseconds"]) => Some((0.001, "microseconds")),
        () if has(&["ns", "nanos"]) => Some((1e-6, "nanoseconds")),
        () if has(&["s", "sec", "secs", "seconds", "secondes"]) => Some((1_000.0, "seconds")),
        () => None,
    };
    if let Some((scale, unit)) = by_name {
        return Some((FoundField::new(path, format!("{range}, in {unit} by its name")), scale, None));
    }
    // Models answer within milliseconds, and hardly any service takes half a second.
    let guess = if median(survey, path) < 0.5 { "seconds" } else { "milliseconds" };
    let unit = answers.get(&OpenPoint::LatencyUnit).map_or(guess, String::as_str);
    let scale = if unit.starts_with("sec") { 1_000.0 } else { 1.0 };
    let question = (!answers.contains_key(&OpenPoint::LatencyUnit)).then(|| Question {
        subject: OpenPoint::LatencyUnit,
        text: format!("What is the unit of `{path}` ({range})?"),
        options: if guess == "seconds" {
            vec!["seconds".to_owned(), "milliseconds".to_owned()]
        } else {
            vec!["milliseconds".to_owned(), "seconds".to_owned()]
        },
        default: guess.to_owned(),
    });
    Some((FoundField::new(path, format!("{range}, in {unit} by its size")), scale, question))
}

fn median(survey: &Survey, path: &str) -> f64 {
    let mut numbers: Vec<f64> = survey.column(path).flatten().filter_map(number_of).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(super) fn find_status(survey: &Survey, inputs: &FoundInputs) -> Option<FoundField> {
    let is_status = |path: &str| has_word(last(path), &["status", "code", "statuscode", "http"]);
    let found = outside(survey, inputs)
        .filter(|(path, facts)| {
            is_status(path)
                && facts.is_numeric()
                && facts.least >= 100.0
                && facts.most < 600.0
                && facts.whole == facts.numbers
        })
        .map(|(path, facts)| (usize::from(last(path).contains("status")), path.len(), (path, facts)));
    let (path, facts) = best(found)?;
    let counts: Vec<String> = facts.values.iter().take(5).map(|(code, count)| format!("{code} {count}")).collect();
    Some(FoundField::new(path, counts.join(", ")))
}

pub(super) fn find_error(survey: &Survey, inputs: &FoundInputs) -> Option<FoundField> {
    let records = survey.records.len();
    let is_error = |path: &str| {
        ["error", "errors", "exception", "errormessage", "errorcode", "err", "erreur"]
            .contains(&words(last(path)).concat().as_str())
    };
    let found = survey
        .fields
        .iter()
        .filter(|(path, facts)| !inputs.contains(path) && is_error(path) && facts.present * 2 < records)
        .map(|(path, facts)| (1, path.len(), (path, facts)));
    let (path, facts) = best(found)?;
    Some(FoundField::new(path, format!("set in {} of {records} records", facts.present)))
}

pub(super) fn find_id(survey: &Survey, inputs: &FoundInputs, time: &str) -> Option<FoundField> {
    let found = outside(survey, inputs)
        .filter(|(path, facts)| {
            let is_fraction = facts.is_numeric() && facts.whole < facts.numbers;
            *path != time
                && id_rank(path) > 0
                && facts.present * 2 > inputs.records
                && !is_fraction
                && facts.scalar_lists == 0
                && (facts.is_distinct() || id_rank(path) > 2)
        })
        .map(|(path, facts)| (id_rank(path) * 2 + usize::from(facts.is_distinct()), path.len(), (path, facts)));
    let (path, facts) = best(found)?;
    Some(FoundField::new(path, format!("{} distinct values in {} records", facts.values.len(), facts.scalars())))
}

/// The model version, and the one that most records have.
pub(super) fn find_version(survey: &Survey, inputs: &FoundInputs) -> Option<(FoundField, String)> {
    const VERSIONS: usize = 10;
    let rank = |path: &str| {
        let own = words(path);
        let has = |word: &str| own.iter().any(|own| own == word);
        match () {
            () if has("model") && has("version") => 2,
            () if ["version", "modelversion"].contains(&own.concat().as_str()) => 1,
            () => 0,
        }
    };
    let found = outside(survey, inputs)
        .filter(|(path, facts)| rank(path) > 0 && facts.values.len() <= VERSIONS && facts.present * 2 > inputs.records)
        .map(|(path, facts)| (rank(path), path.len(), (path, facts)));
    let (path, facts) = best(found)?;
    let (version, _) = facts.values.iter().max_by_key(|(_, count)| **count)?;
    let counts: Vec<String> = facts.values.iter().map(|(own, count)| format!("{own} {count}")).collect();
    Some((FoundField::new(path, counts.join(", ")), version.clone()))
}
