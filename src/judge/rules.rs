//! The rules for one feature, and for the score: an effect over its limit, and evidence that it is not chance.

use std::fmt::Write as _;

use vigie_profile::shown::shown;

use super::{
    Limits, Policy, QValues, Severity, Test,
    evidence::KsEnd,
    numbers::{number, percent, q_value},
    policy::FeatureLimits,
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
    pub reason: String,
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
    what: &str,
) -> Ruling {
    if is_evident(q, policy) {
        let reason = format!("{what}; {severity} limit {}, q {}", limit_words(test, limit), q_value(q));
        return Ruling { severity, test, value: Some(value), limit: Some(limit), q_value: q, reason };
    }
    let reason = match q {
        Some(_) => format!("{what}, but this is consistent with chance (q {} > {})", q_value(q), policy.q),
        None => format!("{what}, but there are too few rows to distinguish this from chance"),
    };
    Ruling { severity: Severity::Stable, test, value: Some(value), limit: Some(limit), q_value: q, reason }
}

fn limit_words(test: Test, limit: f64) -> String {
    match test {
        Test::Missing | Test::ShareRefused => format!("{} percentage points", number(limit * 100.0)),
        Test::Unseen => percent(limit),
        _ => number(limit),
    }
}

/// PSI rule. Its null distribution merges thin bins, so values that are rare in the reference (missing, unseen, out
/// of range) may disappear in a large bin. Such bins have exact tests: if the significant ones reach the limit without
/// the other bins, those tests are the evidence.
fn psi(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let value = feature.psi.value?;
    let hit = reached(limits.psi, value)?;
    let what = format!("PSI {}{}", number(value), largest_bin(feature));
    if is_evident(qs.psi, policy) {
        return Some(ruled(Test::Psi, value, hit, qs.psi, policy, &what));
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
        return Some(ruled(Test::Psi, value, hit, qs.psi, policy, &what));
    };
    let weakest = evident().max_by(|a, b| q_of(a.kind).unwrap_or(0.0).total_cmp(&q_of(b.kind).unwrap_or(0.0)))?;
    let mut ruling = ruled(Test::Psi, value, evident_hit, q_of(weakest.kind), policy, &what);
    let whose = match weakest.kind {
        PsiBinKind::Missing => "missing values",
        PsiBinKind::Unseen => "unseen levels",
        _ => "values out of range",
    };
    let _ = write!(ruling.reason, " by the exact test of {whose}");
    Some(ruling)
}

/// Describes the bin that contributes most to PSI.
fn largest_bin(feature: &FeatureDrift) -> String {
    let Some(bin) = feature.bins.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution)) else {
        return String::new();
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |rows: u64, of: u64| percent(rows as f64 / (of as f64).max(1.0));
    let (from, to) = (share(bin.reference, feature.n_reference), share(bin.window, feature.n_window));
    let values = match bin.kind {
        PsiBinKind::Above => "values above the reference maximum".to_owned(),
        PsiBinKind::Below => "values below the reference minimum".to_owned(),
        PsiBinKind::Missing => "missing values".to_owned(),
        PsiBinKind::Unseen | PsiBinKind::Atom | PsiBinKind::Interval | PsiBinKind::Level | PsiBinKind::Rare => {
            shown(&bin.label)
        }
    };
    format!(", mostly from {values} ({from} → {to})")
}

fn ks(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits, at: KsEnd) -> Option<Ruling> {
    let d = at.d(feature.ks.as_ref()?);
    let hit = reached(limits.ks, d)?;
    Some(ruled(Test::Ks, d, hit, qs.ks, policy, &format!("KS distance {}", number(d))))
}

fn chi2(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let v = feature.chi2?.cramers_v;
    let hit = reached(limits.chi2, v)?;
    Some(ruled(Test::Chi2, v, hit, qs.chi2, policy, &format!("Cramér's V {}", number(v))))
}

fn missing(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let (from, to) = (feature.missing.reference_share?, feature.missing.window_share?);
    let moved = to - from;
    let hit = reached(limits.missing, moved.abs())?;
    let what = format!("missing {} → {}", percent(from), percent(to));
    Some(ruled(Test::Missing, moved, hit, qs.missing, policy, &what))
}

fn unseen(feature: &FeatureDrift, qs: &QValues, policy: &Policy, limits: &FeatureLimits) -> Option<Ruling> {
    let unseen = feature.unseen.as_ref()?;
    let excess = unseen.excess?;
    let hit = reached(limits.unseen, excess)?;
    let names: Vec<String> = unseen.levels.iter().take(3).map(|(name, _)| format!("“{}”", shown(name))).collect();
    let more = if unseen.distinct > names.len() { ", …" } else { "" };
    let what = format!(
        "{} of rows have levels not seen in the reference ({}{more})",
        percent(unseen.share?),
        names.join(", ")
    );
    Some(ruled(Test::Unseen, excess, hit, qs.unseen, policy, &what))
}

/// Rule for the refusal rate, which applies to the score only.
pub(super) fn share_refused(refused: &crate::drift::Refused, q: Option<f64>, policy: &Policy) -> Option<Ruling> {
    let (from, to) = (refused.reference?, refused.window?);
    let moved = to - from;
    let hit = reached(policy.share_refused, moved.abs())?;
    let what = format!("refusal rate {} → {}", percent(from), percent(to));
    Some(ruled(Test::ShareRefused, moved, hit, q, policy, &what))
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
