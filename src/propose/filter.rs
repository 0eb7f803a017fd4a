//! Which records are requests to the model: those with one value of a field, such as the endpoint.

use std::collections::BTreeMap;

use super::{
    found_field::FoundField,
    inputs::{FoundInputs, InputLayout},
    names::{is_output, last, words},
    survey::{Survey, spelled, value_at},
};

/// Maximum number of values of the field.
const VALUES: usize = 30;
/// Names of fields that say what a record is.
const NAMES: [&str; 14] = [
    "endpoint",
    "path",
    "route",
    "url",
    "uri",
    "kind",
    "type",
    "event",
    "eventtype",
    "recordtype",
    "method",
    "action",
    "operation",
    "stage",
];

/// The field and its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoundFilter {
    pub field: FoundField,
    pub values: Vec<String>,
}

/// Finds the field that tells requests from other records, if there are others. Failed requests have the value of requests.
pub(super) fn find_filter(survey: &Survey, inputs: &FoundInputs, score: Option<&str>) -> Option<FoundFilter> {
    let has_inputs: Vec<bool> = survey.records.iter().map(|record| is_request(record, inputs, score)).collect();
    let requests = has_inputs.iter().filter(|has| **has).count();
    if requests == 0 || requests == has_inputs.len() {
        return None;
    }
    let may_be = |path: &str| !inputs.contains(path) && !is_output(path);
    let mut found: Vec<(usize, FoundFilter)> = survey
        .scalars()
        .filter(|(path, facts)| {
            let is_named = NAMES.contains(&words(last(path)).concat().as_str());
            may_be(path)
                && (facts.texts > 0 || is_named)
                && !(facts.is_numeric() && facts.times.is_empty() && !is_named)
                && (2..=VALUES).contains(&facts.values.len())
        })
        .filter_map(|(path, _)| {
            let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
            for (value, has) in survey.column(path).zip(&has_inputs) {
                let (with, all) = counts.entry(spelled(value?)).or_default();
                *with += usize::from(*has);
                *all += 1;
            }
            let kept: Vec<String> =
                counts.iter().filter(|(_, (with, _))| *with > 0).map(|(value, _)| value.clone()).collect();
            let others: usize = counts.values().filter(|(with, _)| *with == 0).map(|(_, all)| all).sum();
            // A value that most of its records without inputs share is not that of requests.
            let is_clean = counts.values().all(|(with, all)| *with == 0 || with * 2 > *all);
            if others == 0 || kept.len() > 3 || !is_clean {
                return None;
            }
            let named = NAMES.iter().position(|name| words(last(path)).concat() == *name);
            let rank = others * 2 + named.map_or(0, |place| (NAMES.len() - place) * 3);
            let left_out: Vec<String> = counts
                .iter()
                .filter(|(_, (with, _))| *with == 0)
                .map(|(value, (_, all))| format!("{} {all}", vigie_profile::shown::shown(value)))
                .take(5)
                .collect();
            let evidence = format!("{others} records without inputs have another value: {}", left_out.join(", "));
            Some((rank, FoundFilter { field: FoundField::new(path, evidence), values: kept }))
        })
        .collect();
    found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    found.into_iter().map(|(_, filter)| filter).next()
}

/// Whether a record has inputs or, in a log that writes both apart, a score; if inputs are its own fields, a score.
fn is_request(record: &serde_json::Value, inputs: &FoundInputs, score: Option<&str>) -> bool {
    let at = |path: &str| value_at(record, path).filter(|value| !value.is_null());
    let has_score = score.is_some_and(|score| at(score).is_some());
    let Some(path) = &inputs.path else { return has_score || score.is_none() };
    let has_inputs = at(path).is_some_and(|own| {
        inputs.layout != InputLayout::Object || inputs.names.iter().any(|name| value_at(own, name).is_some())
    });
    has_inputs || has_score
}
