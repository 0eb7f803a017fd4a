//! What happened to the features of findings, and since when, from the second pass over their values.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use vigie_profile::{
    layout::Shape,
    profile::{Counts, Profile},
    sketch::{Slots, ValueDistribution},
};

use super::context::{RunContext, WindowData};
use crate::{
    drift::{
        Change, ChangeCase, CountsOfBoth, Drift, FeatureDrift, MovedValues, Onset, classify, onset, shared_amounts,
    },
    engine::FeatureDetail,
    fault::{Fault, Result},
    judge::{FeatureVerdict, Measure, Subject, Verdict},
    reference::map_on_cores,
};

/// Features with a finding, by index; the score is number `features.len()`. Those that no record has are left out: there is
/// nothing to read.
pub(super) fn features_in_findings(drift: &Drift, verdict: &Verdict, absent: &[bool]) -> BTreeSet<usize> {
    let subjects: BTreeSet<&Subject> = verdict.findings.iter().map(|finding| &finding.subject).collect();
    let names: BTreeSet<&str> = subjects.iter().filter_map(|subject| subject.feature()).collect();
    let features = drift.features.iter().enumerate().filter(|(_, feature)| names.contains(feature.name.as_str()));
    let present = features.map(|(index, _)| index).filter(|index| absent.get(*index) != Some(&true));
    let score = drift.score.is_some() && subjects.contains(&Subject::Score);
    present.chain(score.then_some(drift.features.len())).collect()
}

/// Sets the value of nearly all rows of features that were read, where counts did not show it; returns whether there is one, so
/// that the window must be judged again.
pub(super) fn set_commonest_values(
    drift: &mut Drift,
    reference: &Profile,
    details: &BTreeMap<usize, FeatureDetail>,
) -> bool {
    let mut has_new = false;
    for (index, detail) in details {
        let subject = match (drift.features.get_mut(*index), reference.features().get(*index)) {
            (Some(feature), Some(Counts::Numeric(counts))) => Some((feature, counts)),
            (Some(_), _) => None,
            (None, _) => drift.score.as_mut().map(|score| &mut score.distance).zip(reference.score()),
        };
        if let Some((feature, counts)) = subject {
            has_new |= feature.set_commonest(counts, &detail.sketch.distribution());
        }
    }
    has_new
}

/// What the values of a feature show.
struct DescribedChange {
    /// Whether it is not the score.
    is_feature: bool,
    change: Change,
    onset: Option<Onset>,
    distribution: ValueDistribution,
}

/// Sets the change, onset and quantiles of each feature that was read, and marks the absent ones.
pub(super) fn describe_changes(
    drift: &mut Drift,
    verdict: &Verdict,
    run: &RunContext<'_>,
    data: &WindowData,
    details: BTreeMap<usize, FeatureDetail>,
) -> Result<()> {
    for (feature, absent) in drift.features.iter_mut().zip(&data.counted.absent) {
        feature.change = absent.then_some(Change::Absent);
    }
    let details: Vec<(usize, FeatureDetail)> = details.into_iter().collect();
    let describe = |place: usize| {
        let (index, detail) = details.get(place)?;
        let feature = drift.features.get(*index).or(drift.score.as_ref().map(|score| &score.distance))?;
        let judged = verdict.features.get(*index).or(verdict.score.as_ref())?;
        Some(values_of(run, *index).map(|values| {
            let description = described_change(run, data, (*index, feature, judged), detail, values.as_deref());
            (*index, description, values)
        }))
    };
    let described: Vec<_> =
        map_on_cores(details.len(), 1, &describe).into_iter().flatten().collect::<Result<Vec<_>>>()?;
    let amounts = amounts_shared(&described);
    for (index, description, values) in described {
        let feature = match drift.features.get_mut(index) {
            Some(feature) => Some(feature),
            None => drift.score.as_mut().map(|score| &mut score.distance),
        };
        if let (Some(feature), Some(description)) = (feature, description) {
            feature.set_quantiles(values.as_deref(), &description.distribution);
            let change = amounts.get(&index).map_or(description.change, |by| Change::Offset { by: *by });
            (feature.change, feature.onset) = (Some(change), description.onset);
        }
    }
    Ok(())
}

/// The amounts that features share which moved in no other way that is known.
fn amounts_shared(described: &[(usize, Option<DescribedChange>, Option<CountedValues<'_>>)]) -> BTreeMap<usize, f64> {
    let moved = described.iter().filter_map(|(index, description, values)| {
        let DescribedChange { change, distribution, is_feature, .. } = description.as_ref()?;
        let is_move = *is_feature && matches!(change, Change::Factor { .. } | Change::Shift);
        let reference = values.as_deref().filter(|_| is_move)?;
        Some((*index, MovedValues { reference, window: distribution }))
    });
    shared_amounts(&moved.collect())
}

/// Distinct values in ascending order, with their rows.
type CountedValues<'a> = Cow<'a, [(f64, u64)]>;

/// Sorted distinct values of the reference; `None` for a categorical feature, and in a reference of bins alone.
fn values_of<'a>(run: &'a RunContext<'_>, index: usize) -> Result<Option<CountedValues<'a>>> {
    let reference = &run.reference;
    if reference.provenance().reduced {
        return Ok(None);
    }
    let values = match reference.layout().features().get(index).map(|feature| &feature.shape) {
        Some(Shape::Categorical(_)) => return Ok(None),
        Some(Shape::Numeric(_)) => reference.values(index).map(Cow::Owned),
        None => reference.score_values().map(Cow::Borrowed),
    };
    values.map(Some).ok_or_else(|| Fault::setup(reference.damaged_message()))
}

fn described_change(
    run: &RunContext<'_>,
    data: &WindowData,
    (index, feature, judged): (usize, &FeatureDrift, &FeatureVerdict),
    detail: &FeatureDetail,
    values: Option<&[(f64, u64)]>,
) -> Option<DescribedChange> {
    let (ours, theirs) = (run.reference.profile(), &data.counted.profile);
    let distribution = detail.sketch.distribution();
    let numeric = CountsOfBoth::Numeric { values, distribution: &distribution };
    let shape = run.reference.layout().features().get(index).map(|feature| &feature.shape);
    let counts = match (shape, ours.features().get(index), theirs.features().get(index)) {
        (_, Some(Counts::Numeric(_)), Some(Counts::Numeric(_))) | (None, None, None) => numeric,
        (Some(Shape::Categorical(levels)), Some(Counts::Categorical(ours)), Some(Counts::Categorical(theirs))) => {
            CountsOfBoth::Categorical { levels, reference: ours, window: theirs }
        }
        _ => return None,
    };
    let case = ChangeCase { drift: feature, is_absent: false, missing_q: judged.qs.get(Measure::Missing), counts };
    let change = classify(&case);
    let (usual, _) = feature.rows_without_value().shares();
    let onset = onset(&change, usual, Slots::new(data.window), &detail.slots);
    Some(DescribedChange { is_feature: shape.is_some(), change, onset, distribution })
}
