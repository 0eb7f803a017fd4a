//! Every measured value as a share of its limit. An open alert without a finding recovers by it.

use std::collections::BTreeMap;

use crate::{
    judge::{Bound, Effect, Limits, Measure, Subject, Test, way_to_dead},
    report::Report,
};

/// Returns the shares by subject and test. Values that chance explains are omitted.
///
/// Chance explains a PSI below its 95% critical value, and any value with a p-value above 0.05. The PSI of a small
/// window never gets close to 0, and an alert must not stay open because of that.
#[must_use]
pub fn nearness(report: &Report) -> BTreeMap<(Subject, Test), f64> {
    let mut near = BTreeMap::new();
    let mut add = |subject: &Subject, test: Test, value: Option<f64>, limits: Limits, p: Option<f64>| {
        let (Some(value), Some(limit)) = (value, limits.watch.or(limits.alarm)) else { return };
        if limit > 0.0 && p.is_none_or(|p| p <= 0.05) {
            let share: &mut f64 = near.entry((subject.clone(), test)).or_default();
            *share = share.max(value.abs() / limit);
        }
    };
    let policy = &report.policy;
    let score = report.drift.score.as_ref().map(|score| &score.distance);
    for (feature, is_score) in
        report.drift.features.iter().map(|feature| (feature, false)).chain(score.map(|score| (score, true)))
    {
        let limits = policy.limits_of(&feature.name);
        let subject = &if is_score { Subject::Score } else { Subject::Feature(feature.name.clone()) };
        add(subject, Test::Dead, way_to_dead(feature), Limits { watch: Some(1.0), alarm: None }, None);
        for measure in Measure::ALL.iter().copied() {
            let Some(Effect { value, .. }) = measure.effect(feature) else { continue };
            let p = match measure {
                Measure::Psi if feature.psi.critical.is_some_and(|critical| value <= critical) => continue,
                Measure::Psi => None,
                _ => measure.tested_by().p_value(feature, Bound::Lower),
            };
            let test = if is_score { Test::Score } else { Test::Measure(measure) };
            add(subject, test, Some(value), *limits.get(measure), p);
        }
    }
    if let Some(refused) = report.drift.score.as_ref().map(|score| &score.refused)
        && let (Some(reference), Some(window)) = (refused.reference, refused.window)
    {
        add(&Subject::Score, Test::ShareRefused, Some(window - reference), policy.share_refused, refused.p_value);
    }
    if let Some(segments) = &report.segments {
        for (segment, verdict) in segments.drift.list.iter().zip(&segments.verdicts) {
            let subject = &Subject::Segment(segment.name.clone());
            let psi = segment.score.as_ref().and_then(|score| score.psi.value);
            add(subject, Test::SegmentScore, psi, policy.limits_of("score").psi, verdict.score_q);
            let shortfall = segment.disparity.as_ref().map(|disparity| (1.0 - disparity.ratio.value).max(0.0));
            add(subject, Test::Disparity, shortfall, policy.disparity, verdict.disparity_q);
        }
    }
    if let Some(performance) = &report.performance
        && let Ok(expected) = &performance.expected
    {
        let mut add_drop =
            |test, before: f64, now: f64, p| add(&Subject::Run, test, Some((before - now).max(0.0)), policy.auc, p);
        if let (Some(now), Some((before, p))) = (expected.auc.window, expected.auc_before) {
            add_drop(Test::Auc, before, now.value, p);
        }
        let known = performance.realised.as_ref().filter(|_| report.is_holdout()).and_then(|realised| realised.auc);
        if let (Some(now), Some(before)) = (known, expected.auc_known_before) {
            add_drop(Test::RealisedAuc, before.value, now.value, now.difference_p_value(&before));
        }
    }
    let traffic = &report.traffic;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let other = report.other_version.as_ref().map_or(0, |drift| drift.n_window);
    let (used, unusable) = (report.drift.n_window, report.examined.complaints.unusable_rows());
    add(&Subject::Run, Test::LeftOut, share(unusable, used + unusable), policy.left_out, None);
    add(&Subject::Run, Test::ErrorRate, share(traffic.errors, traffic.requests), policy.error_rate, None);
    add(&Subject::Run, Test::Latency, traffic.latency.quantile_ms(0.95), policy.latency_p95_ms, None);
    add(&Subject::Run, Test::ModelVersion, share(other, report.drift.n_window + other), policy.model_version, None);
    let skew = report.skew.as_ref().and_then(|check| check.skew.as_ref().ok());
    for feature in skew.iter().flat_map(|skew| &skew.unequal) {
        add(&Subject::Run, Test::Skew, Some(feature.share()), policy.skew_of(&feature.name), None);
    }
    for (test, more, p) in costs(report) {
        add(&Subject::Run, test, Some(more.max(0.0)), policy.cost, p);
    }
    near
}

/// Returns the cost of decisions relative to the reference, minus 1, with its p-value: the expected cost, and the realised
/// cost if the reference is a hold-out.
fn costs(report: &Report) -> Vec<(Test, f64, Option<f64>)> {
    let Some(performance) = &report.performance else { return Vec::new() };
    let Ok(expected) = &performance.expected else { return Vec::new() };
    let reference = &expected.reference;
    let more = |cost: f64| cost / reference.per_1000 - 1.0;
    let known = performance.realised.as_ref().filter(|_| report.reference.is_holdout()).map(|realised| {
        let cost = realised.cost_per_1000();
        (Test::RealisedCost, more(cost.value), cost.difference_p_value(&reference.interval))
    });
    let costs = [(Test::Cost, more(expected.cost_per_1000.value), expected.p_value)].into_iter().chain(known);
    // Without a p-value there is no evidence and no finding.
    costs.filter(|(_, more, p)| more.is_finite() && p.is_some()).collect()
}
