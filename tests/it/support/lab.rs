//! Learn → profile → compare → judge in memory, for tests with hundreds of runs or with values no log contains.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array};
use vigie::{
    drift::{Drift, FeatureDrift, compare},
    fault::Fault,
    judge::{Case, Policy, Service, Verdict, judge, undecided},
    reference::{ColumnRoles, Holdout, Provenance, Reference, Training, TrainingColumn, TrainingValues, learn},
};
use vigie_profile::{batch::Rows, profile::Profile, window::Instant};
use vigie_stats::{EmptyBins, ks, wasserstein::wasserstein};

/// A column of the reference or the window.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Numbers(Vec<f64>),
    Texts(Vec<Option<String>>),
}

impl Data {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// As an Arrow column, in which NaN and `None` are missing.
    pub(crate) fn array(&self) -> ArrayRef {
        match self {
            Self::Numbers(numbers) => Arc::new(Float64Array::from(numbers.clone())),
            Self::Texts(texts) => {
                Arc::new(texts.iter().map(Option::as_deref).collect::<DictionaryArray<arrow_array::types::Int32Type>>())
            }
        }
    }
}

pub(crate) fn provenance(rows: usize) -> Provenance {
    Provenance {
        created_at: Instant(0),
        vigie_version: "test".to_owned(),
        files: Vec::new(),
        rows: rows as u64,
        columns: 0,
        holdout: Holdout::Yes,
        target: None,
        probability: None,
        prediction: None,
        reduced: false,
        model: None,
    }
}

/// Learns the columns; the one named `p` is the score.
pub(crate) fn learnt(columns: &[(String, Data)]) -> Reference {
    try_learn(columns).unwrap()
}

pub(crate) fn try_learn(columns: &[(String, Data)]) -> Result<Reference, Fault> {
    let rows = columns.first().map_or(0, |(_, data)| data.len());
    let training = Training {
        name: "table".to_owned(),
        rows,
        columns: columns
            .iter()
            .map(|(name, data)| TrainingColumn {
                name: name.clone(),
                values: match data.clone() {
                    Data::Numbers(numbers) => TrainingValues::Numbers(numbers),
                    Data::Texts(texts) => TrainingValues::Texts(texts),
                },
                is_single: false,
                is_typed: true,
            })
            .collect(),
    };
    let has_score = columns.iter().any(|(name, _)| name == "p");
    let roles = ColumnRoles { probability: has_score.then(|| "p".to_owned()), ..ColumnRoles::default() };
    Ok(learn(&training, &roles, provenance(rows), &mut |_, _| {})?.reference)
}

/// Counts a window; the column named `p` is the score.
pub(crate) fn profiled(reference: &Reference, columns: &[(String, Data)]) -> Profile {
    let layout = reference.layout();
    let find = |name: &str| columns.iter().find(|(own, _)| own == name).map(|(_, data)| data);
    let rows = Rows {
        len: columns.first().map_or(0, |(_, data)| data.len()),
        features: layout.features().iter().map(|feature| find(&feature.name).map(Data::array)).collect(),
        probability: find("p").and_then(|data| match data {
            Data::Numbers(numbers) => Some(Float64Array::from(numbers.clone())),
            Data::Texts(_) => None,
        }),
        ..Rows::default()
    };
    let mut profile = Profile::empty(layout);
    profile.observe(&rows, layout, 0.5);
    profile
}

/// Compares and judges like a run, including exact KS and Wasserstein distances.
pub(crate) fn judged(reference: &Reference, columns: &[(String, Data)], policy: &Policy) -> (Drift, Verdict) {
    let window = profiled(reference, columns);
    let mut drift = compare(reference, &window, policy.empty_bins, 0.5).unwrap();
    let service = Service { requests: window.rows(), answered: window.rows(), ..Service::default() };
    let absent = vec![false; drift.features.len()];
    loop {
        let case =
            Case { drift: &drift, absent: &absent, importance: reference.importance(), service: &service, policy };
        let asked = undecided(&case);
        if asked.is_empty() {
            let verdict = judge(&case);
            return (drift, verdict);
        }
        for feature in asked {
            refine(reference, columns, &mut drift, feature);
        }
    }
}

fn refine(reference: &Reference, columns: &[(String, Data)], drift: &mut Drift, feature: usize) {
    let (name, ours) = match reference.layout().features().get(feature) {
        Some(numeric) => (numeric.name.clone(), reference.values(feature)),
        None => ("p".to_owned(), reference.score_values().map(<[_]>::to_vec)),
    };
    let Some((_, Data::Numbers(numbers))) = columns.iter().find(|(own, _)| *own == name) else { return };
    let theirs = distinct(numbers);
    let ours = ours.unwrap();
    let exact = ks::exact(&ours, &theirs).unwrap();
    let measured = match drift.features.get_mut(feature) {
        Some(feature) => feature,
        None => &mut drift.score.as_mut().unwrap().distance,
    };
    measured.ks.as_mut().unwrap().refine(exact);
    if let Some(distance) = &mut measured.distances.wasserstein {
        distance.refine(wasserstein(&ours, &theirs).unwrap());
    }
}

pub(crate) fn distinct(numbers: &[f64]) -> Vec<(f64, u64)> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a.to_bits() == b.to_bits()).map(|same| (same[0], same.len() as u64)).collect()
}

/// The distances of a single feature.
pub(crate) fn one(reference: Data, window: Data) -> FeatureDrift {
    let reference = learnt(&[("x".to_owned(), reference)]);
    let window = profiled(&reference, &[("x".to_owned(), window)]);
    compare(&reference, &window, EmptyBins::HalfCount, 0.5).unwrap().features.remove(0)
}
