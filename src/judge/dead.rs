//! Rules for a feature that no longer tells rows apart: a dead input (absent, or without values), and one that has become
//! constant.
//!
//! The evidence is the exact probability of so many such rows at the share that the reference had, so it holds for any
//! number of rows and needs no correction for the number of features: 1e-6 among thousands of them is rare.

use vigie_stats::proportion::binomial_test;

use super::{Facts, Policy, Test, rules::Ruling};
use crate::drift::FeatureDrift;

/// Share of rows without a value at which a feature is dead, and of equal values at which it is constant.
const SHARE: f64 = 0.99;
/// The other rows are at most one in this many.
const ONE_IN: u64 = 100;
/// They are fewer than in the reference by this factor: from 98.5% to 99.2% missing is no outage, however many rows show it.
const FEWER: u64 = 10;
/// Largest probability of such a window at the reference's share.
const MAX_P: f64 = 1e-6;

/// Rows that are alike, among all that could be, in the window and in the reference.
struct AlikeRows {
    window: (u64, u64),
    reference: (u64, u64),
}

impl AlikeRows {
    fn without_value(feature: &FeatureDrift) -> Self {
        Self {
            window: (feature.empty.window, feature.n_window),
            reference: (feature.empty.reference, feature.n_reference),
        }
    }

    /// Returns the shares in the reference and in the window.
    fn shares(&self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = |(rows, all): (u64, u64)| rows as f64 / (all as f64).max(1.0);
        (share(self.reference), share(self.window))
    }

    /// Returns whether nearly all rows of the window are alike, which those of the reference were not.
    fn is_new(&self) -> bool {
        let others = |(rows, all): (u64, u64)| (u128::from(all.saturating_sub(rows)), u128::from(all));
        let ((window, all), (reference, all_reference)) = (others(self.window), others(self.reference));
        all > 0 && window * u128::from(ONE_IN) <= all && window * u128::from(FEWER) * all_reference <= reference * all
    }

    /// Returns the probability of at least as many in the window. One row more in the reference keeps it above 0.
    fn p_value(&self) -> f64 {
        let ((rows, all), (before, all_before)) = (self.window, self.reference);
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = (before + 1) as f64 / (all_before + 1) as f64;
        binomial_test(rows, all, share)
    }
}

/// Rules on a feature that is absent from all records, or without a value in nearly all of them. `near`: the name of a field
/// that differs from the feature's only in case or separators.
pub(super) fn dead(feature: &FeatureDrift, is_absent: bool, near: Option<&String>, policy: &Policy) -> Option<Ruling> {
    let severity = policy.dead_of(&feature.name).severity()?;
    let empty = AlikeRows::without_value(feature);
    let p = empty.p_value();
    if is_absent {
        let facts = Facts::Absent { near: near.cloned() };
        return Some(Ruling { severity, test: Test::Absent, value: None, limit: None, q_value: Some(p), facts });
    }
    let (from, to) = empty.shares();
    (empty.is_new() && p <= MAX_P).then(|| Ruling {
        severity,
        test: Test::Dead,
        value: Some(to),
        limit: Some(SHARE),
        q_value: Some(p),
        facts: Facts::Dead { from, to },
    })
}

/// Rules on a feature with one value in nearly all rows that have any.
pub(super) fn constant(feature: &FeatureDrift, policy: &Policy) -> Option<Ruling> {
    let severity = policy.constant_of(&feature.name).severity()?;
    let commonest = feature.commonest.as_ref()?;
    let equal = AlikeRows {
        window: (commonest.rows, feature.n_window - feature.empty.window),
        reference: (commonest.reference_rows, feature.n_reference - feature.empty.reference),
    };
    let p = equal.p_value();
    let (from, to) = equal.shares();
    (equal.is_new() && p <= MAX_P).then(|| Ruling {
        severity,
        test: Test::Constant,
        value: Some(to),
        limit: Some(SHARE),
        q_value: Some(p),
        facts: Facts::Constant { value: commonest.value.clone(), from, to },
    })
}

/// Returns how far a feature's share of rows without a value is on the way from the reference's to that of a dead feature, where
/// it is 1; `None` if the way is short. An open alert recovers by it.
#[must_use]
pub fn way_to_dead(feature: &FeatureDrift) -> Option<f64> {
    const LEAST: f64 = 0.01;
    let empty = AlikeRows::without_value(feature);
    let (from, to) = empty.shares();
    (SHARE - from >= LEAST).then(|| ((to - from) / (SHARE - from)).max(0.0))
}

/// Returns whether the evidence for a ruling on a dead input holds, which needs no number of rows.
pub(super) fn is_evident(q_value: Option<f64>) -> bool {
    q_value.is_some_and(|p| p <= MAX_P)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(window: (u64, u64), reference: (u64, u64)) -> bool {
        let rows = AlikeRows { window, reference };
        rows.is_new() && rows.p_value() <= MAX_P
    }

    /// Rows without a value that are needed if none has one, by the reference's share.
    #[test]
    fn rows_needed_for_evidence() {
        for (share, needed) in [(2_600, 7), (10_000, 20), (16_200, 66), (18_000, 132)] {
            let least = (1..1_000).find(|rows| alike((*rows, *rows), (share, 20_000)));
            assert_eq!(least, Some(needed), "{share} of 20,000");
        }
        assert!(!alike((0, 0), (0, 20_000)));
        assert!(!alike((5_000, 5_000), (20_000, 20_000)), "nothing changed");
    }

    #[test]
    fn a_few_values_are_no_life() {
        assert!(alike((693, 700), (2_600, 20_000)));
        assert!(!alike((692, 700), (2_600, 20_000)), "more than 1% have a value");
        // The evidence alone would call 98.5% → 99.2% an outage.
        assert!(!alike((99_200, 100_000), (19_700, 20_000)));
        assert!(alike((99_900, 100_000), (19_700, 20_000)));
    }

    #[test]
    fn forty_rows_are_judged_by_their_evidence() {
        assert!(alike((40, 40), (2_600, 20_000)));
        assert!(!alike((40, 40), (18_000, 20_000)), "0.9^40 is 1.5%");
        assert!(!alike((39, 40), (2_600, 20_000)), "one value in forty is more than 1%");
    }
}
