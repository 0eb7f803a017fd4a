//! Inputs and outputs of a request that are logged as two events of one id: recognised and joined.

use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int32Array, StringArray, cast::AsArray};
use vigie_profile::batch::{Records, for_each_number};

/// What a record has of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventPart {
    /// Features and a score.
    Both,
    /// Features without a score.
    Inputs,
    /// A score without features.
    Outputs,
    /// A failure, or something else that has the id of a request, such as feedback.
    Neither,
}

/// The outputs of a request whose inputs are another event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventOutputs {
    probability: Option<f64>,
    /// By class.
    classes: Vec<Option<f64>>,
    decision: Option<String>,
    latency_ms: Option<f64>,
    status: Option<i32>,
    error: Option<bool>,
    entity: Option<String>,
    model_version: Option<String>,
}

/// The part that each of some rows has.
pub(super) fn parts(records: &Records, rows: &[usize]) -> Vec<EventPart> {
    let mut has_feature = vec![false; records.len];
    for column in records.features.iter().flatten() {
        note_values(column, &mut has_feature);
    }
    let part = |row: &usize| {
        let is_score = |column: Option<&Float64Array>| {
            value(column, *row, Float64Array::value).is_some_and(|score| !score.is_nan())
        };
        let has_score = is_score(records.probability.as_ref())
            || records.classes.iter().flatten().any(|class| is_score(Some(class)));
        match (has_feature.get(*row) == Some(&true), has_score) {
            (true, true) => EventPart::Both,
            (true, false) => EventPart::Inputs,
            (false, true) => EventPart::Outputs,
            (false, false) => EventPart::Neither,
        }
    };
    rows.iter().map(part).collect()
}

fn note_values(column: &ArrayRef, has_value: &mut [bool]) {
    if let Some(levels) = column.as_any_dictionary_opt() {
        let nulls = column.logical_nulls();
        for (row, has) in has_value.iter_mut().enumerate().take(levels.keys().len()) {
            *has |= nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        }
        return;
    }
    let mut row = 0;
    for_each_number(column.as_ref(), &mut |number| {
        if let Some(has) = has_value.get_mut(row) {
            *has |= !number.is_nan();
        }
        row += 1;
    });
}

fn value<A: Array, T>(column: Option<&A>, row: usize, get: impl Fn(&A, usize) -> T) -> Option<T> {
    column.filter(|column| row < column.len() && column.is_valid(row)).map(|column| get(column, row))
}

impl EventOutputs {
    pub(super) fn new(records: &Records, row: usize) -> Self {
        let text = |column: &Option<StringArray>| value(column.as_ref(), row, |texts, row| texts.value(row).to_owned());
        Self {
            probability: value(records.probability.as_ref(), row, Float64Array::value),
            classes: records.classes.iter().map(|class| value(class.as_ref(), row, Float64Array::value)).collect(),
            decision: text(&records.decision),
            latency_ms: value(records.latency_ms.as_ref(), row, Float64Array::value),
            status: value(records.status.as_ref(), row, Int32Array::value),
            error: value(records.error.as_ref(), row, BooleanArray::value),
            entity: text(&records.entity),
            model_version: text(&records.model_version),
        }
    }
}

fn owned(texts: &StringArray) -> Vec<Option<String>> {
    texts.iter().map(|text| text.map(str::to_owned)).collect()
}

/// Adds outputs to the rows of their inputs. A field that the inputs have stays as it is.
pub(super) fn join(records: &mut Records, outputs: &[(usize, &EventOutputs)]) {
    let len = records.len;
    macro_rules! fill {
        ($column:ident, $array:ty, $values:expr) => {
            if outputs.iter().any(|(_, outputs)| outputs.$column.is_some()) {
                let mut values: Vec<Option<_>> = records.$column.as_ref().map_or_else(|| vec![None; len], $values);
                for (row, outputs) in outputs {
                    if let Some(value) = values.get_mut(*row).filter(|value| value.is_none()) {
                        value.clone_from(&outputs.$column);
                    }
                }
                records.$column = Some(<$array>::from(values));
            }
        };
    }
    // A score that is not a number is missing.
    fill!(probability, Float64Array, |scores: &Float64Array| {
        scores.iter().map(|score| score.filter(|score| !score.is_nan())).collect()
    });
    fill!(latency_ms, Float64Array, |latencies: &Float64Array| latencies.iter().collect());
    fill!(status, Int32Array, |codes: &Int32Array| codes.iter().collect());
    fill!(decision, StringArray, owned);
    fill!(entity, StringArray, owned);
    fill!(model_version, StringArray, owned);
    for (place, class) in records.classes.iter_mut().enumerate() {
        let of_class = |outputs: &EventOutputs| outputs.classes.get(place).copied().flatten();
        if outputs.iter().all(|(_, outputs)| of_class(outputs).is_none()) {
            continue;
        }
        let mut values: Vec<Option<f64>> =
            class.as_ref().map_or_else(|| vec![None; len], |class| class.iter().collect());
        for (row, outputs) in outputs {
            if let Some(value) = values.get_mut(*row).filter(|value| value.is_none_or(f64::is_nan)) {
                *value = of_class(outputs);
            }
        }
        *class = Some(Float64Array::from(values));
    }
    // Either event may report the failure.
    if outputs.iter().any(|(_, outputs)| outputs.error == Some(true)) {
        let mut failed: Vec<Option<bool>> = match &records.error {
            Some(column) => column.iter().collect(),
            None => vec![None; len],
        };
        for (row, outputs) in outputs.iter().filter(|(_, outputs)| outputs.error == Some(true)) {
            if let Some(value) = failed.get_mut(*row) {
                value.clone_from(&outputs.error);
            }
        }
        records.error = Some(BooleanArray::from(failed));
    }
}
