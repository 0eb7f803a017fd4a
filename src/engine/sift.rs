//! Selects the records that count, and gives a reason for each of the others.

use arrow_array::{Array, BooleanArray};
use arrow_schema::ArrowError;
use vigie_profile::{
    batch::{Complaints, Reason, Records, Rows},
    decision::DecisionWords,
    profile::{ServedRequest, Traffic},
    window::Instant,
};

/// Whether a record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Row,
    /// Another record of the same id counts.
    Duplicate,
    /// It is a part of another record, or was counted before.
    Joined,
}

/// Conditions for a record to be usable.
#[derive(Debug, Clone, Default)]
pub struct Eligibility {
    /// Whether a row needs a probability from 0 to 1, because the config maps one.
    pub needs_probability: bool,
    /// Whether a row needs a predicted number, because the config maps one.
    pub needs_prediction: bool,
    /// Number of classes of which a row needs the probability.
    pub classes: usize,
    /// Version of the monitored model; rows of other versions are counted separately. `None`: any version.
    pub model_version: Option<String>,
}

/// Usable rows of a batch.
#[derive(Debug, Default)]
pub(super) struct Sifted {
    pub used: Rows,
    /// Rows scored by another version of the model.
    pub other_version: Rows,
}

/// Masks of the usable rows of a batch.
#[derive(Debug)]
pub(super) struct Sieve {
    pub used: BooleanArray,
    /// Rows scored by another version of the model; `None`: there are none.
    pub other_version: Option<BooleanArray>,
}

impl Sieve {
    /// Selects the usable rows from the batch that the masks were made for, or from a batch with features of the same
    /// records.
    pub(super) fn apply(&self, records: &Records) -> Result<Sifted, ArrowError> {
        let other_version = match &self.other_version {
            Some(other_version) => Rows::from_records(records, other_version)?,
            None => Rows::default(),
        };
        Ok(Sifted { used: Rows::from_records(records, &self.used)?, other_version })
    }
}

/// Fills in what the logged decisions of a batch mean.
pub(super) fn decide(records: &mut Records, words: Option<&DecisionWords>) {
    records.refused = words.zip(records.decision.as_ref()).map(|(words, decisions)| words.decide(decisions));
}

/// Selects the usable rows of a batch. `keeps` marks the record that counts among those with the same id.
pub(super) fn sift(
    records: &Records,
    keeps: Option<&[Keep]>,
    rule: &Eligibility,
    traffic: &mut Traffic,
    complaints: &mut Complaints,
) -> Result<Sifted, ArrowError> {
    sieve(records, keeps, rule, traffic, complaints).apply(records)
}

/// Like [`sift`], but returns only the masks.
pub(super) fn sieve(
    records: &Records,
    keeps: Option<&[Keep]>,
    rule: &Eligibility,
    traffic: &mut Traffic,
    complaints: &mut Complaints,
) -> Sieve {
    let mut used = Vec::with_capacity(records.len);
    let mut other = None;
    let answers = records.timestamp.iter().enumerate().filter_map(|(row, at)| {
        let keep = keeps.and_then(|keeps| keeps.get(row)).copied().unwrap_or(Keep::Row);
        if keep == Keep::Joined {
            used.push(false);
            return None;
        }
        let (answer, reason) = if keep == Keep::Duplicate {
            (None, Some(Reason::Duplicate))
        } else {
            let status = value(records.status.as_ref(), row, |column| column.value(row));
            let latency_ms = value(records.latency_ms.as_ref(), row, |column| column.value(row));
            let error = value(records.error.as_ref(), row, |column| column.value(row)).unwrap_or(false);
            let failed = error || status.is_some_and(|status| status >= 400);
            let reason = if failed { Some(Reason::Failed) } else { unusable(records, row, rule) };
            (Some(ServedRequest { at: Instant(*at), status, latency_ms, failed }), reason)
        };
        used.push(reason.is_none());
        if let Some(reason) = reason {
            if reason == Reason::ModelVersion {
                let other = other.get_or_insert_with(|| vec![false; records.len]);
                if let Some(place) = other.get_mut(row) {
                    *place = true;
                }
            }
            complaints.add(reason, &example(records, row, reason));
            let score = value(records.probability.as_ref(), row, |column| column.value(row));
            if let Some(score) = score.filter(|_| reason == Reason::NoProbability) {
                complaints.add_outside(score);
            }
        }
        answer
    });
    traffic.observe(answers);
    Sieve { used: BooleanArray::from(used), other_version: other.map(BooleanArray::from) }
}

/// Number of usable records; adds the reasons for the others to `complaints`.
pub fn count_usable(records: &Records, rule: &Eligibility, complaints: &mut Complaints) -> usize {
    sift(records, None, rule, &mut Traffic::default(), complaints).map_or(0, |sifted| sifted.used.len)
}

fn value<A: Array, T>(column: Option<&A>, row: usize, get: impl Fn(&A) -> T) -> Option<T> {
    column.filter(|column| row < column.len() && column.is_valid(row)).map(get)
}

fn unusable(records: &Records, row: usize, rule: &Eligibility) -> Option<Reason> {
    if records.unknown_inputs.as_ref().is_some_and(|unknown| unknown.value(row)) {
        return Some(Reason::UnknownInputs);
    }
    let has_features = records.has_features.as_ref().is_none_or(|has| has.value(row));
    if !has_features {
        return Some(Reason::NoFeatures);
    }
    if let (Some(expected), Some(versions)) = (&rule.model_version, &records.model_version)
        && versions.is_valid(row)
        && versions.value(row) != expected
    {
        return Some(Reason::ModelVersion);
    }
    if rule.needs_probability {
        let probability = value(records.probability.as_ref(), row, |column| column.value(row));
        if !probability.is_some_and(|probability| (0.0..=1.0).contains(&probability)) {
            return Some(Reason::NoProbability);
        }
    }
    if rule.needs_prediction {
        let prediction = value(records.probability.as_ref(), row, |column| column.value(row));
        if !prediction.is_some_and(f64::is_finite) {
            return Some(Reason::NoPrediction);
        }
    }
    let is_probability = |class: usize| {
        let column = records.classes.get(class).and_then(Option::as_ref);
        value(column, row, |column| column.value(row)).is_some_and(|probability| (0.0..=1.0).contains(&probability))
    };
    (!(0..rule.classes).all(is_probability)).then_some(Reason::NoProbability)
}

/// Identifies a row for the operator.
fn example(records: &Records, row: usize, reason: Reason) -> String {
    let id = value(records.id.as_ref(), row, |ids| ids.value(row).to_owned());
    let name = id.unwrap_or_else(|| match records.timestamp.get(row) {
        // The rows of a table have neither ids nor times.
        None | Some(0) => "a row".to_owned(),
        Some(at) => Instant(*at).to_string(),
    });
    match reason {
        Reason::Failed => value(records.status.as_ref(), row, |column| column.value(row))
            .map_or(name.clone(), |status| format!("{name}: status {status}")),
        Reason::NoProbability | Reason::NoPrediction => {
            value(records.probability.as_ref(), row, |column| column.value(row))
                .map_or(name.clone(), |probability| format!("{name}: {probability}"))
        }
        Reason::ModelVersion => {
            let version = value(records.model_version.as_ref(), row, |column| column.value(row).to_owned());
            format!("{name}: version {}", version.unwrap_or_default())
        }
        _ => name,
    }
}
