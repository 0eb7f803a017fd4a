//! Judges drift and service: a [`Verdict`] with findings, a severity for every feature, and one for the run.

use super::{
    Evidence, Finding, Policy, QValues, Service, Severity, Test,
    evidence::KsEnd,
    rules::{Ruling, rule, share_refused},
    service,
};
use crate::drift::Drift;

/// Input of a verdict.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub drift: &'a Drift,
    /// By feature: whether it is absent from all records of the window.
    pub absent: &'a [bool],
    /// By feature; `None` without a model.
    pub importance: &'a [Option<f64>],
    pub service: &'a Service,
    pub policy: &'a Policy,
}

/// Verdict on one feature, or on the score.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureVerdict {
    pub severity: Severity,
    pub qs: QValues,
    /// Result of the rules; `Stable` for an effect that chance explains.
    pub opinions: Vec<Finding>,
}

/// Verdict on a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub severity: Severity,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// In the order of the drift's features.
    pub features: Vec<FeatureVerdict>,
    pub score: Option<FeatureVerdict>,
    /// q-value of the refusal rate.
    pub share_refused_q: Option<f64>,
    /// Share of features at watch or alarm; `None` without a verdict.
    pub drifted_share: Option<f64>,
    /// The same share weighted by importance; equal weights without importance.
    pub weighted_drifted_share: Option<f64>,
}

/// Judges a window.
#[must_use]
pub fn judge(case: &Case<'_>) -> Verdict {
    judge_at(case, KsEnd::Lower)
}

/// Returns the features (the score as number `features.len()`) whose exact KS distance the verdict needs: those with a
/// finding, and those whose severity would change if D were at its upper bound.
#[must_use]
pub fn undecided(case: &Case<'_>) -> Vec<usize> {
    let (low, high) = (judge_at(case, KsEnd::Lower), judge_at(case, KsEnd::Upper));
    let severities = |verdict: &Verdict| -> Vec<Severity> {
        verdict.features.iter().chain(&verdict.score).map(|feature| feature.severity).collect()
    };
    let is_inexact = |index: usize| {
        let feature = case.drift.features.get(index).or(case.drift.score.as_ref().map(|score| &score.distance));
        feature.and_then(|feature| feature.ks.as_ref()).is_some_and(|ks| !ks.exact)
    };
    severities(&low)
        .into_iter()
        .zip(severities(&high))
        .enumerate()
        .filter(|(index, (low, high))| (low != high || low.is_drift()) && is_inexact(*index))
        .map(|(index, _)| index)
        .collect()
}

fn judge_at(case: &Case<'_>, at: KsEnd) -> Verdict {
    let evidence = Evidence::weigh(case.drift, at);
    let no_verdict = no_verdict(case);
    let mut findings = Vec::new();
    let features: Vec<FeatureVerdict> = case
        .drift
        .features
        .iter()
        .zip(&evidence.features)
        .enumerate()
        .map(|(index, (feature, qs))| {
            if let Some(finding) = &no_verdict {
                return FeatureVerdict { severity: finding.severity, qs: *qs, opinions: Vec::new() };
            }
            let rulings = if case.absent.get(index).copied().unwrap_or(false) {
                vec![absent()]
            } else {
                rule(feature, qs, case.policy, at)
            };
            conclude(rulings, *qs, Some(&feature.name), &mut findings)
        })
        .collect();
    let score = case.drift.score.as_ref().map(|score| {
        if let Some(finding) = &no_verdict {
            return FeatureVerdict { severity: finding.severity, qs: evidence.score, opinions: Vec::new() };
        }
        let mut rulings = rule(&score.distance, &evidence.score, case.policy, at);
        // PSI, KS and missing values of the score share one subject: the score.
        rulings.iter_mut().for_each(|ruling| {
            ruling.test = Test::Score;
            ruling.reason = format!("score: {}", ruling.reason);
        });
        rulings.extend(share_refused(&score.refused, evidence.share_refused, case.policy));
        conclude(rulings, evidence.score, None, &mut findings)
    });
    findings.extend(service::findings(case.service, case.policy));
    let has_verdict = no_verdict.is_none();
    findings.extend(no_verdict);

    let (drifted_share, weighted_drifted_share) = if has_verdict { drifted(&features, case) } else { (None, None) };
    let severity = severity_of_run(&findings, &features, weighted_drifted_share, case);
    rank(&mut findings, case);
    Verdict {
        severity,
        findings,
        features,
        score,
        share_refused_q: evidence.share_refused,
        drifted_share,
        weighted_drifted_share,
    }
}

/// Returns the finding that explains why no feature can be judged, if so.
fn no_verdict(case: &Case<'_>) -> Option<Finding> {
    let rows = case.drift.n_window;
    if rows >= case.policy.min_rows && rows > 0 {
        return None;
    }
    let nothing = case.service.requests == 0;
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    Some(Finding {
        severity: if nothing { Severity::NoData } else { Severity::TooFew },
        feature: None,
        test: if nothing { Test::NoData } else { Test::TooFew },
        value: Some(rows as f64),
        limit: Some(case.policy.min_rows as f64),
        q_value: None,
        reason: if nothing {
            no_data(case.service)
        } else {
            let noun = if rows == 1 { "row" } else { "rows" };
            format!("{rows} {noun} used, {} needed for a verdict", case.policy.min_rows)
        },
    })
}

/// Describes missing data and its possible causes.
fn no_data(service: &Service) -> String {
    let question =
        "no records in this window: is the service up, and does it write its log to the configured location?";
    match (service.unreadable.len(), service.filtered) {
        (0, 0) => question.to_owned(),
        (0, 1) => format!("{question} source.where excluded 1 record"),
        (0, filtered) => format!("{question} source.where excluded {filtered} records"),
        _ => "no records in this window, but part of the log could not be read: see the other findings".to_owned(),
    }
}

fn absent() -> Ruling {
    Ruling {
        severity: Severity::Alarm,
        test: Test::Absent,
        value: None,
        limit: None,
        q_value: None,
        reason: "no record in the window has this feature".to_owned(),
    }
}

/// Takes the worst ruling as the feature's severity, and turns those over a limit into findings.
fn conclude(rulings: Vec<Ruling>, qs: QValues, feature: Option<&str>, findings: &mut Vec<Finding>) -> FeatureVerdict {
    let severity = rulings.iter().map(|ruling| ruling.severity).max().unwrap_or(Severity::Stable);
    let opinions: Vec<Finding> = rulings
        .into_iter()
        .map(|ruling| Finding {
            severity: ruling.severity,
            feature: feature.map(ToOwned::to_owned),
            test: ruling.test,
            value: ruling.value,
            limit: ruling.limit,
            q_value: ruling.q_value,
            reason: ruling.reason,
        })
        .collect();
    findings.extend(opinions.iter().filter(|opinion| opinion.severity.is_drift()).cloned());
    FeatureVerdict { severity, qs, opinions }
}

fn drifted(features: &[FeatureVerdict], case: &Case<'_>) -> (Option<f64>, Option<f64>) {
    if features.is_empty() {
        return (None, None);
    }
    let known = case.importance.iter().flatten().any(|importance| *importance > 0.0);
    let weight = |index: usize| {
        if known { case.importance.get(index).copied().flatten().unwrap_or(0.0) } else { 1.0 }
    };
    let (mut drifted, mut weighted, mut all) = (0u64, 0.0, 0.0);
    for (index, feature) in features.iter().enumerate() {
        all += weight(index);
        if feature.severity.is_drift() {
            drifted += 1;
            weighted += weight(index);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of features")]
    (Some(drifted as f64 / features.len() as f64), Some(weighted / all))
}

/// Returns the indices of the `top` most important features; none without importance.
fn top_features(case: &Case<'_>) -> Vec<usize> {
    let mut ranked: Vec<(usize, f64)> =
        case.importance.iter().enumerate().filter_map(|(index, importance)| Some((index, (*importance)?))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(case.policy.top).map(|(index, _)| index).collect()
}

fn severity_of_run(
    findings: &[Finding],
    features: &[FeatureVerdict],
    weighted: Option<f64>,
    case: &Case<'_>,
) -> Severity {
    let about_features = |finding: &&Finding| finding.feature.is_some();
    let elsewhere = findings.iter().filter(|finding| !about_features(finding)).map(|finding| finding.severity).max();
    let top_alarm = top_features(case)
        .into_iter()
        .any(|index| features.get(index).is_some_and(|feature| feature.severity == Severity::Alarm));
    let many = weighted.is_some_and(|share| share >= case.policy.drifted_share);
    if top_alarm || many {
        return Severity::Alarm;
    }
    let watch = findings.iter().any(|finding| finding.severity.is_drift());
    let least = if watch { Severity::Watch } else { Severity::Stable };
    elsewhere.map_or(least, |severity| severity.max(least))
}

/// Sorts the worst first; among equals the service, the score, then the features by importance, effect and name.
fn rank(findings: &mut [Finding], case: &Case<'_>) {
    let importance = |name: Option<&String>| {
        let index = name.and_then(|name| case.drift.features.iter().position(|feature| feature.name == *name));
        index.and_then(|index| case.importance.get(index).copied().flatten()).unwrap_or(0.0)
    };
    let effect = |finding: &Finding| match (finding.value, finding.limit) {
        (Some(value), Some(limit)) if limit > 0.0 => value.abs() / limit,
        _ => f64::INFINITY,
    };
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.feature.is_some().cmp(&b.feature.is_some()))
            .then_with(|| importance(b.feature.as_ref()).total_cmp(&importance(a.feature.as_ref())))
            .then_with(|| effect(b).total_cmp(&effect(a)))
            .then_with(|| a.feature.cmp(&b.feature))
            .then_with(|| a.test.cmp(&b.test))
    });
}
