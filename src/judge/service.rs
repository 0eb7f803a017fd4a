//! Findings about the service rather than the applicants: errors, latency, wrong model version, unreadable files.

use std::collections::BTreeMap;

use vigie_stats::proportion::binomial_test;

use super::{
    AucChange, CostChange, Facts, Finding, LeftOutKind, LeftOutRows, Policy, SequenceCheck, Severity, SkewCheck,
    StaleBlock, Test, auc, cost, decision, left_out, parity,
    rules::{above, highest},
    sequence, skew, stale,
};
use crate::{
    drift::LoggedDecisions,
    fault::{LeftOut, LostInput},
    replay::Parity,
};

/// Activity of the service in the window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    pub requests: u64,
    pub errors: u64,
    pub latency_p95_ms: Option<f64>,
    /// Rows answered, by any version of the model.
    pub answered: u64,
    /// Answered rows whose model version differs from the config's.
    pub other_version: u64,
    /// Records read that do not match the config's `source.where`.
    pub filtered: u64,
    /// Parts of the log that could not be read.
    pub unreadable: Vec<LeftOut>,
    /// Parts of the labels that could not be read.
    pub unreadable_labels: Vec<LeftOut>,
    /// Parts of the log, or labels, of which nothing could be used for one reason.
    pub lost: Vec<(Test, LostInput)>,
    /// Rows and labels that should have been usable.
    pub left_out: Vec<LeftOutRows>,
    /// Whether the reference has a score, but the config maps none.
    pub score_not_mapped: bool,
    /// Fields of the log by the feature whose name they have in another spelling.
    pub spellings: BTreeMap<String, String>,
    /// Comparison of logged scores with those of the model file, if one is configured.
    pub parity: Option<Parity>,
    /// Logged decisions, if the config maps them.
    pub decisions: Option<LoggedDecisions>,
    /// Whether people may override the model.
    pub overrides_allowed: bool,
    /// Cost of decisions, as far as it is known or can be estimated.
    pub costs: Vec<CostChange>,
    /// AUC, as far as it is known or can be estimated.
    pub aucs: Vec<AucChange>,
    /// Findings about segments.
    pub segments: Vec<Finding>,
    /// Blocks of features that repeat rows of the previous window.
    pub stale: Vec<StaleBlock>,
    /// Logged inputs compared with the feature table, if the config names one.
    pub skew: Option<SkewCheck>,
    /// Missing records, if the log has sequence numbers.
    pub sequence: Option<SequenceCheck>,
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

/// Returns the findings. Limits here are absolute: an error rate needs neither a reference nor a p-value.
pub(super) fn findings(service: &Service, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |test, value: f64, hit: Option<(Severity, f64)>, facts: Facts| {
        if let Some((severity, limit)) = hit {
            let (value, limit) = (Some(value), Some(limit));
            findings.push(Finding { value, limit, ..Finding::of_run(test, severity, facts) });
        }
    };
    if service.answered >= policy.min_rows {
        let other = share(service.other_version, service.answered);
        add(Test::ModelVersion, other, above(policy.model_version, other), Facts::ModelVersion { share: other });
    }
    let rate = share(service.errors, service.requests);
    // With few requests, more must fail than chance explains; a service with a hundred requests a day can be down, too.
    let is_evident = |limit: f64| {
        service.requests >= policy.min_rows || binomial_test(service.errors, service.requests, limit) <= policy.q
    };
    let over = highest(policy.error_rate, |limit| rate > limit && is_evident(limit));
    add(Test::ErrorRate, rate, over, Facts::ErrorRate { share: rate });
    if let Some(p95_ms) = service.latency_p95_ms.filter(|_| service.requests >= policy.min_rows) {
        add(Test::Latency, p95_ms, above(policy.latency_p95_ms, p95_ms), Facts::Latency { p95_ms });
    }
    let mut not_used: Vec<Finding> =
        service.left_out.iter().filter_map(|rows| left_out::finding(rows, policy)).collect();
    // The other labels are a selection.
    let has_labels = !left_out::is_no_verdict(&not_used, LeftOutKind::Labels);
    let costs = service.costs.iter().filter(|change| has_labels || !change.is_known);
    findings.extend(costs.filter_map(|change| cost::finding(change, policy)));
    let aucs = service.aucs.iter().filter(|change| has_labels || !change.is_known);
    findings.extend(aucs.filter_map(|change| auc::finding(change, policy)));
    findings.extend(service.segments.iter().cloned());
    let decisions = service.decisions.iter();
    findings.extend(decisions.flat_map(|decisions| decision::findings(decisions, service.overrides_allowed)));
    findings.extend(service.stale.iter().filter_map(|block| stale::finding(block, policy)));
    findings.extend(service.skew.as_ref().and_then(|check| skew::finding(check, policy)));
    findings.extend(service.sequence.and_then(|check| sequence::finding(check, service.requests, policy)));
    findings.extend(service.parity.as_ref().and_then(parity::finding));
    let log = service.unreadable.iter().map(|input| (Test::Source, input));
    let labels = service.unreadable_labels.iter().map(|input| (Test::Labels, input));
    let unread =
        |(test, input): (Test, &LeftOut)| Finding::of_run(test, Severity::Watch, Facts::LeftOut(input.clone()));
    findings.extend(log.chain(labels).map(unread));
    for (test, loss) in &service.lost {
        // What is lost as a whole names its reason better, and is as severe.
        let share = not_used.iter().position(|finding| *test == Test::Labels && finding.test == *test);
        let severity = share.map_or(Severity::Watch, |share| not_used.remove(share).severity);
        findings.push(Finding::of_run(*test, severity, Facts::Lost(loss.clone())));
    }
    findings.extend(not_used);
    if service.score_not_mapped && service.requests > 0 {
        findings.push(Finding::of_run(Test::Score, Severity::Watch, Facts::ScoreNotMapped));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Limits;

    fn found(service: &Service) -> Vec<(Test, Severity)> {
        let policy = Policy { latency_p95_ms: Limits::new(25.0, 100.0), ..Policy::default() };
        findings(service, &policy).iter().map(|finding| (finding.test, finding.severity)).collect()
    }

    #[test]
    fn value_equal_to_the_alarm_limit_is_still_a_watch() {
        let service =
            |errors, p95| Service { requests: 1_000, errors, latency_p95_ms: Some(p95), ..Service::default() };
        assert_eq!(found(&service(10, 25.0)), []);
        let watch = [(Test::ErrorRate, Severity::Watch), (Test::Latency, Severity::Watch)];
        assert_eq!(found(&service(50, 100.0)), watch);
        let alarm = [(Test::ErrorRate, Severity::Alarm), (Test::Latency, Severity::Alarm)];
        assert_eq!(found(&service(51, 100.1)), alarm);
        let others = |other_version| Service { answered: 1_000, other_version, ..Service::default() };
        assert_eq!(found(&others(10)), []);
        assert_eq!(found(&others(100)), [(Test::ModelVersion, Severity::Watch)]);
        assert_eq!(found(&others(101)), [(Test::ModelVersion, Severity::Alarm)]);
    }

    /// With few requests, a single failure is not a finding, but a service that is down still is.
    #[test]
    fn few_requests_need_evidence() {
        let service = |requests, errors| Service { requests, errors, ..Service::default() };
        assert_eq!(found(&service(450, 450)), [(Test::ErrorRate, Severity::Alarm)]);
        assert_eq!(found(&service(3, 3)), [(Test::ErrorRate, Severity::Alarm)]);
        assert_eq!(found(&service(20, 3)), [(Test::ErrorRate, Severity::Watch)]);
        assert_eq!(found(&service(20, 1)), []);
        assert_eq!(found(&service(0, 0)), []);
    }
}
