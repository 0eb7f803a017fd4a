//! Which field is the time of the request.

use super::{
    found_field::FoundField,
    names::{is_output, time_rank},
    question::{Answers, OpenPoint, Question},
    survey::{FieldFacts, Survey},
};
use crate::{
    fault::{Fault, Result},
    source::TimeForm,
};

/// Maximum number of fields that a message names.
const NAMED: usize = 8;

/// The time, and whether it states its zone.
#[derive(Debug)]
pub(super) struct FoundTime {
    pub field: FoundField,
    pub is_naive: bool,
    /// Other fields that are times, too.
    pub others: Vec<FoundField>,
    pub question: Option<Question>,
}

/// Finds the time. `key` is what messages call the log.
pub(super) fn find_time(survey: &Survey, inputs: Option<&str>, answers: &Answers, key: &str) -> Result<FoundTime> {
    let records = survey.records.len();
    let is_inside = |path: &str| inputs.is_some_and(|inputs| path.starts_with(&format!("{inputs}.")));
    let mut found: Vec<(usize, &String, &FieldFacts)> = survey
        .scalars()
        .filter(|(path, facts)| is_time(facts, time_rank(path) > 0) && facts.present * 2 > records && !is_inside(path))
        .map(|(path, facts)| (rank(path, facts), path, facts))
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.len().cmp(&b.1.len())));
    if let Some(answer) = answers.get(&OpenPoint::Timestamp)
        && let Some(place) = found.iter().position(|(_, path, _)| *path == answer)
    {
        let chosen = found.remove(place);
        found.insert(0, chosen);
    }
    let candidate = |(_, path, facts): &(usize, &String, &FieldFacts)| FoundField::new(path, evidence(facts, records));
    let Some(best @ (best_rank, _, facts)) = found.first() else { return Err(no_time(survey, key)) };
    // An epoch and its text are one time.
    let rivals: Vec<&(usize, &String, &FieldFacts)> =
        found.iter().skip(1).filter(|(rank, ..)| rank + 5 >= *best_rank).collect();
    let question = (!rivals.is_empty() && !answers.contains_key(&OpenPoint::Timestamp)).then(|| Question {
        subject: OpenPoint::Timestamp,
        text: "Which field is the time of the request?".to_owned(),
        options: std::iter::once(best).chain(rivals.iter().copied()).map(|(_, path, _)| (*path).clone()).collect(),
        default: best.1.clone(),
    });
    Ok(FoundTime {
        field: candidate(best),
        is_naive: facts.times.keys().any(|form| matches!(form, TimeForm::Naive | TimeForm::Day | TimeForm::Digits)),
        others: found.iter().skip(1).take(3).map(candidate).collect(),
        question,
    })
}

/// Whether a field holds times. Numbers need a name that says so, because amounts look like epochs.
fn is_time(facts: &FieldFacts, is_named: bool) -> bool {
    let is_all = facts.time_count() * 100 >= facts.scalars() * 95;
    let is_number = facts.is_numeric();
    is_all && (is_named || !is_number || facts.is_distinct() && facts.times.len() == 1 && facts.least > 1e9)
}

fn rank(path: &str, facts: &FieldFacts) -> usize {
    let form = match facts.times.iter().max_by_key(|(_, count)| **count) {
        Some((TimeForm::Zoned, _)) => 10,
        Some((TimeForm::Naive | TimeForm::Millis | TimeForm::Micros | TimeForm::Nanos, _)) => 8,
        Some((TimeForm::Seconds, _)) => 7,
        Some((TimeForm::Digits, _)) => 4,
        Some((TimeForm::Day, _)) => 1,
        None => 0,
    };
    let depth = path.matches('.').count();
    let varies = if facts.values.len() > 1 { 4 } else { 0 };
    (time_rank(path) * 12 + form + varies).saturating_sub(depth + if is_output(path) { 4 } else { 0 })
}

fn evidence(facts: &FieldFacts, records: usize) -> String {
    let (form, _) = facts.times.iter().max_by_key(|(_, count)| **count).unwrap_or((&TimeForm::Zoned, &0));
    let form = match form {
        TimeForm::Zoned => "as a time with its zone (RFC 3339)",
        TimeForm::Naive => "as a time without a zone",
        TimeForm::Day => "as a day without a time",
        TimeForm::Seconds => "as seconds since 1970",
        TimeForm::Millis => "as milliseconds since 1970",
        TimeForm::Micros => "as microseconds since 1970",
        TimeForm::Nanos => "as nanoseconds since 1970",
        TimeForm::Digits => "as the digits of a date",
    };
    let span = facts.span.map_or(String::new(), |(from, to)| format!(", from {from} to {to}"));
    format!("{} of {records} read {form}{span}", facts.time_count())
}

/// The error for records without a time.
fn no_time(survey: &Survey, key: &str) -> Fault {
    let named: Vec<String> = survey
        .scalars()
        .filter(|(path, _)| time_rank(path) > 0)
        .map(|(path, facts)| format!("`{path}` is {:?}", facts.example))
        .take(3)
        .collect();
    if let [first, ..] = named.as_slice() {
        return Fault::setup(format!(
            "{key}: no field of the records reads as a time: {first}; write times as RFC 3339 (2026-10-01T08:00:00Z) or as \
             an epoch"
        ));
    }
    let all: Vec<&str> = survey.scalars().map(|(path, _)| path.as_str()).take(NAMED).collect();
    Fault::setup(format!(
        "{key}: no field of the records reads as a time, which a log needs; they have {}; to compare two tables without \
         times, use `vigie compare`",
        if all.is_empty() { "no fields".to_owned() } else { all.join(", ") }
    ))
}
