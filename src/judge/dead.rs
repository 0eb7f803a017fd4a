//! Rules for a feature that no longer tells rows apart: a dead input (absent, or without values), and one that has become
//! constant. The evidence is exact: [`AlikeRows`].

use super::{Facts, Policy, Test, rules::Ruling};
use crate::drift::{AlikeRows, FeatureDrift};

/// Rules on a feature that is absent from all records, or without a value in nearly all of them. `near`: the name of a field
/// that differs from the feature's only in case or separators.
pub(super) fn dead(feature: &FeatureDrift, is_absent: bool, near: Option<&String>, policy: &Policy) -> Option<Ruling> {
    let severity = policy.dead_of(&feature.name).severity()?;
    let empty = feature.rows_without_value();
    let p = empty.p_value();
    if is_absent {
        let facts = Facts::Absent { near: near.cloned() };
        return Some(Ruling { severity, test: Test::Absent, value: None, limit: None, q_value: Some(p), facts });
    }
    let (from, to) = empty.shares();
    empty.is_certain().then_some(Ruling {
        severity,
        test: Test::Dead,
        value: Some(to),
        limit: Some(AlikeRows::SHARE),
        q_value: Some(p),
        facts: Facts::Dead { from, to },
    })
}

/// Rules on a feature with one value in nearly all rows that have any.
pub(super) fn constant(feature: &FeatureDrift, policy: &Policy) -> Option<Ruling> {
    let severity = policy.constant_of(&feature.name).severity()?;
    let commonest = feature.commonest.as_ref()?;
    let equal = feature.rows_with(commonest);
    let (from, to) = equal.shares();
    equal.is_certain().then(|| Ruling {
        severity,
        test: Test::Constant,
        value: Some(to),
        limit: Some(AlikeRows::SHARE),
        q_value: Some(equal.p_value()),
        facts: Facts::Constant { value: commonest.value.clone(), from, to },
    })
}

/// Returns how far a feature's share of rows without a value is on the way from the reference's to that of a dead feature, where
/// it is 1; `None` if the way is short. An open alert recovers by it.
#[must_use]
pub fn way_to_dead(feature: &FeatureDrift) -> Option<f64> {
    const LEAST: f64 = 0.01;
    let (from, to) = feature.rows_without_value().shares();
    let way = AlikeRows::SHARE - from;
    (way >= LEAST).then(|| ((to - from) / way).max(0.0))
}

/// Returns whether the evidence for a ruling on a dead input holds, which needs no number of rows.
pub(super) fn is_evident(q_value: Option<f64>) -> bool {
    q_value.is_some_and(|p| p <= AlikeRows::MAX_P)
}
