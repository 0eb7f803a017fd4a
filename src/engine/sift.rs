//! Records → rows that count: each other one under a reason.

use arrow_array::{Array, BooleanArray};
use arrow_schema::ArrowError;
use vigie_profile::{
    batch::{Complaints, Reason, Records, Rows},
    profile::{Answer, Traffic},
    window::Instant,
};

/// What makes a record usable.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Whether the config maps a probability: then a row needs one from 0 to 1.
    pub needs_probability: bool,
    /// The model watched; rows of another are counted apart. `None`: any.
    pub model_version: Option<String>,
}

/// The rows of some records, apart.
#[derive(Debug, Default)]
pub(super) struct Sifted {
    pub used: Rows,
    /// Answered by another version of the model.
    pub other_version: Rows,
}

/// Which of some records are good for what.
#[derive(Debug)]
pub(super) struct Sieve {
    pub used: BooleanArray,
    /// Answered by another version of the model; `None`: no row is.
    pub other_version: Option<BooleanArray>,
}

impl Sieve {
    /// The rows of the records it was made of, or of their features.
    pub(super) fn apply(&self, records: &Records) -> Result<Sifted, ArrowError> {
        let other_version = match &self.other_version {
            Some(other_version) => Rows::of(records, other_version)?,
            None => Rows::default(),
        };
        Ok(Sifted { used: Rows::of(records, &self.used)?, other_version })
    }
}

/// Sorts records by what they are good for. `keeps`: which of several with one id counts.
pub(super) fn sift(
    records: &Records,
    keeps: Option<&[bool]>,
    rule: &Rule,
    traffic: &mut Traffic,
    complaints: &mut Complaints,
) -> Result<Sifted, ArrowError> {
    sieve(records, keeps, rule, traffic, complaints).apply(records)
}

/// As [`sift`], but only says which rows they are.
pub(super) fn sieve(
    records: &Records,
    keeps: Option<&[bool]>,
    rule: &Rule,
    traffic: &mut Traffic,
    complaints: &mut Complaints,
) -> Sieve {
    let mut used = Vec::with_capacity(records.len);
    let mut other = None;
    let answers = records.timestamp.iter().enumerate().filter_map(|(row, at)| {
        let (answer, reason) = if keeps.is_some_and(|keeps| keeps.get(row) == Some(&false)) {
            (None, Some(Reason::Duplicate))
        } else {
            let status = value(records.status.as_ref(), row, |column| column.value(row));
            let latency_ms = value(records.latency_ms.as_ref(), row, |column| column.value(row));
            let error = value(records.error.as_ref(), row, |column| column.value(row)).unwrap_or(false);
            let failed = error || status.is_some_and(|status| status >= 400);
            let reason = if failed { Some(Reason::Failed) } else { unusable(records, row, rule) };
            (Some(Answer { at: Instant(*at), status, latency_ms, failed }), reason)
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
        }
        answer
    });
    traffic.observe(answers);
    Sieve { used: BooleanArray::from(used), other_version: other.map(BooleanArray::from) }
}

/// How many of some records can be used; why the others cannot is added to `complaints`.
pub fn usable(records: &Records, rule: &Rule, complaints: &mut Complaints) -> usize {
    sift(records, None, rule, &mut Traffic::default(), complaints).map_or(0, |sifted| sifted.used.len)
}

fn value<A: Array, T>(column: Option<&A>, row: usize, get: impl Fn(&A) -> T) -> Option<T> {
    column.filter(|column| row < column.len() && column.is_valid(row)).map(get)
}

fn unusable(records: &Records, row: usize, rule: &Rule) -> Option<Reason> {
    let has_features = records.has_features.as_ref().is_none_or(|has| has.value(row));
    if !has_features {
        return Some(Reason::NoFeatures);
    }
    if let (Some(wanted), Some(versions)) = (&rule.model_version, &records.model_version)
        && versions.is_valid(row)
        && versions.value(row) != wanted
    {
        return Some(Reason::ModelVersion);
    }
    if rule.needs_probability {
        let probability = value(records.probability.as_ref(), row, |column| column.value(row));
        if !probability.is_some_and(|probability| (0.0..=1.0).contains(&probability)) {
            return Some(Reason::NoProbability);
        }
    }
    None
}

/// What the operator needs to find the row again.
fn example(records: &Records, row: usize, reason: Reason) -> String {
    let id = value(records.id.as_ref(), row, |ids| ids.value(row).to_owned());
    let at = || Instant(records.timestamp.get(row).copied().unwrap_or_default()).to_string();
    let whose = id.unwrap_or_else(at);
    match reason {
        Reason::Failed => value(records.status.as_ref(), row, |column| column.value(row))
            .map_or(whose.clone(), |status| format!("{whose}: status {status}")),
        Reason::NoProbability => value(records.probability.as_ref(), row, |column| column.value(row))
            .map_or(whose.clone(), |probability| format!("{whose}: {probability}")),
        Reason::ModelVersion => {
            let version = value(records.model_version.as_ref(), row, |column| column.value(row).to_owned());
            format!("{whose}: version {}", version.unwrap_or_default())
        }
        _ => whose,
    }
}
