//! The rules for one feature, and for the score: an effect over its limit, and evidence that it is not chance.

use super::{BinShare, Bound, Effect, ExactTest, Facts, Limits, Measure, Policy, QValues, Severity, Test};
use crate::drift::{FeatureDrift, PsiBinKind};

/// Result of one rule for one feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ruling {
    pub severity: Severity,
    pub test: Test,
    pub value: Option<f64>,
    pub limit: Option<f64>,
    pub q_value: Option<f64>,
    pub facts: Facts,
}

/// Tolerance: from 10% to 15% is 5 percentage points, although the difference of the two floats is slightly less.
const ROUNDING: f64 = 1e-12;

/// Returns the highest limit that `value` reaches.
pub(super) fn reached(limits: Limits, value: f64) -> Option<(Severity, f64)> {
    highest(limits, |limit| value >= limit - ROUNDING)
}

/// Returns the highest limit that `value` exceeds.
pub(super) fn above(limits: Limits, value: f64) -> Option<(Severity, f64)> {
    highest(limits, |limit| value > limit)
}

pub(super) fn highest(limits: Limits, is_over: impl Fn(f64) -> bool) -> Option<(Severity, f64)> {
    let over = |limit: Option<f64>, severity| limit.filter(|limit| is_over(*limit)).map(|limit| (severity, limit));
    over(limits.alarm, Severity::Alarm).or_else(|| over(limits.watch, Severity::Watch))
}

/// Applies every rule and returns the rulings for effects that reach their limit. `Stable` means that chance explains the effect.
pub(super) fn rule(feature: &FeatureDrift, qs: &QValues, policy: &Policy, at: Bound) -> Vec<Ruling> {
    let limits = policy.limits_of(&feature.name);
    let one = |measure: &Measure| match measure {
        Measure::Psi => psi(feature, qs, policy, limits.psi),
        measure => by_limit(*measure, feature, qs, policy, *limits.get(*measure), at),
    };
    Measure::ALL.iter().filter_map(one).collect()
}

fn is_evident(q: Option<f64>, policy: &Policy) -> bool {
    q.is_some_and(|q| q <= policy.q)
}

/// Returns the ruling for a test whose effect reached `limit`.
fn ruled(
    test: Test,
    value: f64,
    (severity, limit): (Severity, f64),
    q: Option<f64>,
    policy: &Policy,
    facts: Facts,
) -> Ruling {
    let severity = if is_evident(q, policy) { severity } else { Severity::Stable };
    Ruling { severity, test, value: Some(value), limit: Some(limit), q_value: q, facts }
}

/// PSI rule. Its null distribution merges thin bins, so values that are rare in the reference (missing, unseen, out
/// of range) may disappear in a large bin. Such bins have exact tests: if the significant ones reach the limit without
/// the other bins, those tests are the evidence.
fn psi(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: Limits) -> Option<Ruling> {
    let (test, q) = (Test::Measure(Measure::Psi), qs.get(Measure::Psi));
    let value = feature.psi.value?;
    let hit = reached(limits, value)?;
    let facts = |exact_test| Facts::Psi { value, largest_bin: bin_share(feature), exact_test };
    if is_evident(q, policy) {
        return Some(ruled(test, value, hit, q, policy, facts(None)));
    }
    let q_of = |kind| match kind {
        PsiBinKind::Missing => qs.get(Measure::Missing),
        PsiBinKind::Unseen => qs.get(Measure::Unseen),
        PsiBinKind::Below | PsiBinKind::Above => qs.out_of_range,
        PsiBinKind::Atom | PsiBinKind::Interval | PsiBinKind::Level | PsiBinKind::Rare => None,
    };
    let evident = || feature.bins.iter().filter(|bin| is_evident(q_of(bin.kind), policy));
    let evident_psi = evident().map(|bin| bin.contribution).sum();
    let Some(evident_hit) = reached(limits, evident_psi) else {
        return Some(ruled(test, value, hit, q, policy, facts(None)));
    };
    let weakest = evident().max_by(|a, b| q_of(a.kind).unwrap_or(0.0).total_cmp(&q_of(b.kind).unwrap_or(0.0)))?;
    let exact_test = match weakest.kind {
        PsiBinKind::Missing => ExactTest::Missing,
        PsiBinKind::Unseen => ExactTest::Unseen,
        _ => ExactTest::OutOfRange,
    };
    Some(ruled(test, value, evident_hit, q_of(weakest.kind), policy, facts(Some(exact_test))))
}

/// Returns the bin that contributes most to PSI.
pub(super) fn bin_share(feature: &FeatureDrift) -> Option<BinShare> {
    let bin = feature.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution))?;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| rows as f64 / (of as f64).max(1.0);
    Some(BinShare {
        kind: bin.kind,
        label: bin.label.clone(),
        from: share(bin.reference, feature.n_reference),
        to: share(bin.window, feature.n_window),
    })
}

/// The rule for all measures but PSI. An inexact distance is judged by one of its bounds.
fn by_limit(
    measure: Measure,
    feature: &FeatureDrift,
    qs: &QValues,
    policy: &Policy,
    limits: Limits,
    at: Bound,
) -> Option<Ruling> {
    let effect = measure.effect(feature)?;
    let hit = reached(limits, effect.at(at).abs())?;
    let facts = facts(measure, feature, effect)?;
    Some(ruled(Test::Measure(measure), effect.value, hit, qs.get(measure), policy, facts))
}

fn facts(measure: Measure, feature: &FeatureDrift, effect: Effect) -> Option<Facts> {
    Some(match measure {
        Measure::Missing => {
            Facts::Missing { from: feature.missing.reference_share?, to: feature.missing.window_share? }
        }
        Measure::Unseen => {
            let unseen = feature.unseen.as_ref()?;
            let levels: Vec<String> = unseen.levels.iter().take(3).map(|(name, _)| name.clone()).collect();
            let has_more = unseen.distinct > levels.len();
            Facts::Unseen { share: unseen.share?, excess: effect.value, levels, has_more }
        }
        _ => Facts::Distance { measure, value: effect.value, bounds: effect.bounds, in_unit: effect.in_unit },
    })
}

/// Rule for the refusal rate, which applies to the score only.
pub(super) fn share_refused(refused: &crate::drift::Refused, q: Option<f64>, policy: &Policy) -> Option<Ruling> {
    let (from, to) = (refused.reference?, refused.window?);
    let moved = to - from;
    let hit = reached(policy.share_refused, moved.abs())?;
    Some(ruled(Test::ShareRefused, moved, hit, q, policy, Facts::RefusalRate { from, to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_tolerate_floating_point_rounding() {
        let limits = Limits::new(0.05, 0.2);
        for (from, to, severity) in
            [(0.10, 0.15, Severity::Watch), (0.30, 0.35, Severity::Watch), (0.1, 0.3, Severity::Alarm)]
        {
            let moved: f64 = to - from;
            assert!(moved < 0.05 || (0.1..0.2).contains(&moved), "the case must exercise rounding");
            assert_eq!(reached(limits, moved).map(|(severity, _)| severity), Some(severity), "{from} → {to}");
        }
        assert_eq!(reached(limits, 0.05 - 1e-9), None);
        assert_eq!(above(limits, 0.2), Some((Severity::Watch, 0.05)));
    }
}
