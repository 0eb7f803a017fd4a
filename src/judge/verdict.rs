//! Judges drift and service: a [`Verdict`] with findings, a severity for every feature, and one for the run.

use super::{
    Bound, Evidence, Facts, Finding, LeftOutKind, Measure, Policy, QValues, Service, Severity, Story, StoryCase,
    Subject, Test, dead, left_out,
    rules::{Ruling, rule, share_refused},
    service, stories,
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
    /// What the findings about features amount to, worst first: each feature with a finding is in one story.
    pub stories: Vec<Story>,
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

impl Verdict {
    /// Returns whether features were judged: with too few rows, or too many left out, only a dead input is.
    #[must_use]
    pub fn has_verdict(&self) -> bool {
        self.drifted_share.is_some()
    }

    /// Returns whether so many rows are left out that drift is that of the other rows, which are a selection.
    #[must_use]
    pub fn is_of_selection(&self) -> bool {
        self.findings.iter().any(left_out::is_selection)
    }

    /// Returns the finding that so many rows are left out that the others show nothing, if there is one.
    #[must_use]
    pub fn too_many_left_out(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| left_out::is_no_verdict(std::slice::from_ref(*finding), LeftOutKind::Rows))
    }

    /// The verdict without the findings that `is_left_out` selects, as if their tests had found nothing.
    #[must_use]
    pub fn without(
        &self,
        drift: &Drift,
        importance: &[Option<f64>],
        policy: &Policy,
        is_left_out: &dyn Fn(&Finding) -> bool,
    ) -> Self {
        let mut verdict = self.clone();
        let Self { findings, features, .. } = &mut verdict;
        findings.retain(|finding| !is_left_out(finding));
        for (feature, judged) in drift.features.iter().zip(features).filter(|(_, judged)| judged.severity.is_drift()) {
            let own = findings.iter().filter(|finding| finding.subject.feature() == Some(feature.name.as_str()));
            judged.severity = own.map(|finding| finding.severity).max().unwrap_or(Severity::Stable);
        }
        let left = findings.iter().filter_map(|finding| {
            let name = finding.subject.feature()?;
            Some(((name, finding.test), finding.severity))
        });
        let left = left.collect();
        let is_kept = |prefix: &str| {
            findings.iter().any(|one| matches!(&one.facts, Facts::Stale { block, .. } if block == prefix))
        };
        verdict.stories = self.stories.iter().filter_map(|story| story.of_findings(&left, &is_kept)).collect();
        if verdict.drifted_share.is_some() {
            (verdict.drifted_share, verdict.weighted_drifted_share) = drifted(&verdict.features, importance);
        }
        let weighted = verdict.weighted_drifted_share;
        verdict.severity = severity_of_run(&verdict.findings, &verdict.features, weighted, importance, policy);
        verdict
    }
}

/// Judges a window. The stories are those of a reference that knows nothing about features together.
#[must_use]
pub fn judge(case: &Case<'_>) -> Verdict {
    let verdict = judge_at(case, Bound::Lower);
    let stories = stories(&StoryCase::new(case.drift, &verdict.findings, case.importance));
    Verdict { stories, ..verdict }
}

/// Returns the features (the score as number `features.len()`) whose exact distances the verdict needs: those with a
/// finding, and those whose severity depends on where between its bounds a distance is.
#[must_use]
pub fn undecided(case: &Case<'_>) -> Vec<usize> {
    let (low, high) = (judge_at(case, Bound::Lower), judge_at(case, Bound::Upper));
    let severities = |verdict: &Verdict| -> Vec<Severity> {
        verdict.features.iter().chain(&verdict.score).map(|feature| feature.severity).collect()
    };
    let distances = case.drift.features.iter().chain(case.drift.score.as_ref().map(|score| &score.distance));
    severities(&low)
        .into_iter()
        .zip(severities(&high))
        .zip(distances)
        .enumerate()
        .filter(|(_, ((low, high), distances))| {
            let limits = case.policy.limits_of(&distances.name);
            let is_inexact = |measure: Measure| measure.effect(distances).is_some_and(|effect| effect.bounds.is_some());
            let is_limited = |measure: Measure| !limits.get(measure).is_off() && is_inexact(measure);
            // KS is the evidence for other measures too, and is exact in every finding.
            (low != high || low.is_drift()) && is_inexact(Measure::Ks)
                || low != high && Measure::ALL.iter().any(|measure| is_limited(*measure))
        })
        .map(|(index, _)| index)
        .collect()
}

fn judge_at(case: &Case<'_>, at: Bound) -> Verdict {
    let evidence = Evidence::weigh(case.drift, at);
    let of_service = service::findings(case.service, case.policy);
    let too_few = too_few(case);
    let is_left_out = left_out::is_no_verdict(&of_service, LeftOutKind::Rows);
    // Without a verdict, features have the severity that says so.
    let no_verdict = too_few.as_ref().map(|finding| finding.severity).or(is_left_out.then_some(Severity::TooFew));
    let mut findings = Vec::new();
    let features: Vec<FeatureVerdict> = case
        .drift
        .features
        .iter()
        .zip(&evidence.features)
        .enumerate()
        .map(|(index, (feature, qs))| {
            let subject = Subject::Feature(feature.name.clone());
            let is_absent = case.absent.get(index).copied().unwrap_or(false);
            let ruling = dead::dead(feature, is_absent, case.service.spellings.get(&feature.name), case.policy);
            if let Some(severity) = no_verdict {
                // The evidence for a dead input needs no number of rows, but the rows must not be a selection.
                return match ruling.filter(|ruling| !is_left_out && dead::is_evident(ruling.q_value)) {
                    Some(ruling) => conclude(vec![ruling], *qs, &subject, &mut findings),
                    None => FeatureVerdict { severity, qs: *qs, opinions: Vec::new() },
                };
            }
            let rulings = match ruling {
                Some(ruling) if is_absent => vec![ruling],
                ruling => {
                    let explains_others = ruling.or_else(|| dead::constant(feature, case.policy));
                    explains_others.into_iter().chain(rule(feature, qs, case.policy, at)).collect()
                }
            };
            conclude(rulings, *qs, &subject, &mut findings)
        })
        .collect();
    let score = case.drift.score.as_ref().map(|score| {
        if let Some(severity) = no_verdict {
            return FeatureVerdict { severity, qs: evidence.score, opinions: Vec::new() };
        }
        let mut rulings = rule(&score.distance, &evidence.score, case.policy, at);
        // PSI, KS and missing values of the score are one test, and one alert; their facts differ.
        rulings.iter_mut().for_each(|ruling| ruling.test = Test::Score);
        rulings.extend(share_refused(&score.refused, evidence.share_refused, case.policy));
        conclude(rulings, evidence.score, &Subject::Score, &mut findings)
    });
    findings.extend(of_service);
    findings.extend(too_few);

    let (drifted_share, weighted_drifted_share) =
        if no_verdict.is_none() { drifted(&features, case.importance) } else { (None, None) };
    let severity = severity_of_run(&findings, &features, weighted_drifted_share, case.importance, case.policy);
    rank(&mut findings, case);
    Verdict {
        severity,
        findings,
        stories: Vec::new(),
        features,
        score,
        share_refused_q: evidence.share_refused,
        drifted_share,
        weighted_drifted_share,
    }
}

/// Returns the finding that there are too few rows to judge any feature, if so.
fn too_few(case: &Case<'_>) -> Option<Finding> {
    let rows = case.drift.n_window;
    if rows >= case.policy.min_rows && rows > 0 {
        return None;
    }
    let (service, min_rows) = (case.service, case.policy.min_rows);
    let (severity, test, facts) = if service.requests == 0 {
        let facts = Facts::NoData {
            has_unreadable: !service.unreadable.is_empty() || !service.lost.is_empty(),
            filtered: service.filtered,
        };
        (Severity::NoData, Test::NoData, facts)
    } else {
        (Severity::TooFew, Test::TooFew, Facts::TooFew { rows, min_rows })
    };
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let (value, limit) = (Some(rows as f64), Some(min_rows as f64));
    Some(Finding { value, limit, ..Finding::of_run(test, severity, facts) })
}

/// Takes the worst ruling as the subject's severity, and turns those over a limit into findings. That a feature is dead
/// replaces that it is missing more often.
fn conclude(rulings: Vec<Ruling>, qs: QValues, subject: &Subject, findings: &mut Vec<Finding>) -> FeatureVerdict {
    let is_dead = rulings.iter().any(|ruling| ruling.test == Test::Dead);
    let is_replaced = |test: Test| is_dead && test == Test::Measure(Measure::Missing);
    let stated = rulings.iter().filter(|ruling| !is_replaced(ruling.test));
    let severity = stated.map(|ruling| ruling.severity).max().unwrap_or(Severity::Stable);
    let opinions: Vec<Finding> = rulings
        .into_iter()
        .map(|ruling| Finding {
            subject: subject.clone(),
            test: ruling.test,
            severity: ruling.severity,
            value: ruling.value,
            limit: ruling.limit,
            q_value: ruling.q_value,
            facts: ruling.facts,
        })
        .collect();
    let is_stated = |opinion: &&Finding| opinion.severity.is_drift() && !is_replaced(opinion.test);
    findings.extend(opinions.iter().filter(is_stated).cloned());
    FeatureVerdict { severity, qs, opinions }
}

fn drifted(features: &[FeatureVerdict], importance: &[Option<f64>]) -> (Option<f64>, Option<f64>) {
    if features.is_empty() {
        return (None, None);
    }
    let known = importance.iter().flatten().any(|importance| *importance > 0.0);
    let weight = |index: usize| {
        if known { importance.get(index).copied().flatten().unwrap_or(0.0) } else { 1.0 }
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
fn top_features(importance: &[Option<f64>], top: usize) -> Vec<usize> {
    let mut ranked: Vec<(usize, f64)> =
        importance.iter().enumerate().filter_map(|(index, importance)| Some((index, (*importance)?))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(top).map(|(index, _)| index).collect()
}

fn severity_of_run(
    findings: &[Finding],
    features: &[FeatureVerdict],
    weighted: Option<f64>,
    importance: &[Option<f64>],
    policy: &Policy,
) -> Severity {
    // A segment's finding makes the run a watch at most: a segment is a part of the rows, with fewer of them.
    let of_whole = findings.iter().filter(|finding| finding.subject.is_whole()).map(|finding| finding.severity).max();
    let top_alarm = top_features(importance, policy.top)
        .into_iter()
        .any(|index| features.get(index).is_some_and(|feature| feature.severity == Severity::Alarm));
    let many = weighted.is_some_and(|share| share >= policy.drifted_share);
    if top_alarm || many || findings.iter().any(Finding::is_dead_input) {
        return Severity::Alarm;
    }
    let watch = findings.iter().any(|finding| finding.severity.is_drift());
    let least = if watch { Severity::Watch } else { Severity::Stable };
    of_whole.map_or(least, |severity| severity.max(least))
}

/// Sorts the worst first; among equals the service and the score, then features and segments by importance, effect and name.
fn rank(findings: &mut [Finding], case: &Case<'_>) {
    let importance = |finding: &Finding| {
        let name = finding.subject.feature();
        let index = name.and_then(|name| case.drift.features.iter().position(|feature| feature.name == name));
        index.and_then(|index| case.importance.get(index).copied().flatten()).unwrap_or(0.0)
    };
    let effect = |finding: &Finding| match (finding.value, finding.limit) {
        // It explains the others.
        _ if matches!(finding.test, Test::Dead | Test::Constant) => f64::INFINITY,
        (Some(value), Some(limit)) if limit > 0.0 => value.abs() / limit,
        _ => f64::INFINITY,
    };
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| b.subject.is_whole().cmp(&a.subject.is_whole()))
            .then_with(|| importance(b).total_cmp(&importance(a)))
            .then_with(|| effect(b).total_cmp(&effect(a)))
            .then_with(|| a.subject.name().cmp(&b.subject.name()))
            .then_with(|| a.test.cmp(&b.test))
    });
}
