//! The rules for one feature, and for the score: an effect over its limit, and evidence that it is not chance.

use super::{
    BinShare, ExactTest, Facts, Limits, Policy, QValues, Severity, Test, evidence::KsEnd, policy::FeatureLimits,
};
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
pub(super) fn rule(feature: &FeatureDrift, qs: &QValues, policy: &Policy, at: KsEnd) -> Vec<Ruling> {
    let limits = policy.limits_of(&feature.name);
    [
        psi(feature, qs, policy, &limits),
        ks(feature, qs, policy, &limits, at),
        chi2(feature, qs, policy, &limits),
        missing(feature, qs, policy, &limits),
        unseen(feature, qs, policy, &limits),
    ]
    .into_iter()
    .flatten()
    .collect()
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
fn psi(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let value = feature.psi.value?;
    let hit = reached(limits.psi, value)?;
    let facts = |exact_test| Facts::Psi { value, largest_bin: bin_share(feature), exact_test };
    if is_evident(qs.psi, policy) {
        return Some(ruled(Test::Psi, value, hit, qs.psi, policy, facts(None)));
    }
    let q_of = |kind| match kind {
        PsiBinKind::Missing => qs.missing,
        PsiBinKind::Unseen => qs.unseen,
        PsiBinKind::Below | PsiBinKind::Above => qs.out_of_range,
        PsiBinKind::Atom | PsiBinKind::Interval | PsiBinKind::Level | PsiBinKind::Rare => None,
    };
    let evident = || feature.bins.iter().filter(|bin| is_evident(q_of(bin.kind), policy));
    let evident_psi = evident().map(|bin| bin.contribution).sum();
    let Some(evident_hit) = reached(limits.psi, evident_psi) else {
        return Some(ruled(Test::Psi, value, hit, qs.psi, policy, facts(None)));
    };
    let weakest = evident().max_by(|a, b| q_of(a.kind).unwrap_or(0.0).total_cmp(&q_of(b.kind).unwrap_or(0.0)))?;
    let exact_test = match weakest.kind {
        PsiBinKind::Missing => ExactTest::Missing,
        PsiBinKind::Unseen => ExactTest::Unseen,
        _ => ExactTest::OutOfRange,
    };
    Some(ruled(Test::Psi, value, evident_hit, q_of(weakest.kind), policy, facts(Some(exact_test))))
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

fn ks(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits, at: KsEnd) -> Option<Ruling> {
    let distance = at.d(feature.ks.as_ref()?);
    let hit = reached(limits.ks, distance)?;
    Some(ruled(Test::Ks, distance, hit, qs.ks, policy, Facts::Ks { distance }))
}

fn chi2(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let value = feature.chi2?.cramers_v;
    let hit = reached(limits.chi2, value)?;
    Some(ruled(Test::Chi2, value, hit, qs.chi2, policy, Facts::CramersV { value }))
}

fn missing(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let (from, to) = (feature.missing.reference_share?, feature.missing.window_share?);
    let moved = to - from;
    let hit = reached(limits.missing, moved.abs())?;
    Some(ruled(Test::Missing, moved, hit, qs.missing, policy, Facts::Missing { from, to }))
}

fn unseen(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let unseen = feature.unseen.as_ref()?;
    let excess = unseen.excess?;
    let hit = reached(limits.unseen, excess)?;
    let levels: Vec<String> = unseen.levels.iter().take(3).map(|(name, _)| name.clone()).collect();
    let has_more = unseen.distinct > levels.len();
    let facts = Facts::Unseen { share: unseen.share?, excess, levels, has_more };
    Some(ruled(Test::Unseen, excess, hit, qs.unseen, policy, facts))
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
