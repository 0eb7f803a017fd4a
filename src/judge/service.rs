//! Findings about the service rather than the applicants: errors, latency, the wrong model, unreadable files.

use super::{
    AucMoved, CostMoved, Finding, Policy, Severity, Test, auc, cost, parity,
    rules::reached,
    words::{number, percent},
};
use crate::replay::Parity;

/// What the service did in the window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    pub requests: u64,
    pub errors: u64,
    pub latency_p95_ms: Option<f64>,
    /// Rows that were answered, by whichever version of the model.
    pub answered: u64,
    /// Those of them that another version than the config's answered.
    pub other_version: u64,
    /// Records that were read, but are none of the config's `source.where`.
    pub filtered: u64,
    /// What could not be read, in words.
    pub unreadable: Vec<String>,
    /// Labels that could not be read, in words.
    pub unreadable_labels: Vec<String>,
    /// Logged scores against those of the model file, where one was named.
    pub parity: Option<Parity>,
    /// What decisions cost, where it is known or can be expected.
    pub costs: Vec<CostMoved>,
    /// How well the score ranks, likewise.
    pub aucs: Vec<AucMoved>,
    /// What was found of segments.
    pub segments: Vec<Finding>,
}

#[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / (whole as f64).max(1.0)
}

/// Limits here are absolute: an error rate needs no reference, and no p-value.
pub(super) fn findings(service: &Service, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |test, value: f64, hit: Option<(Severity, f64)>, reason: String| {
        if let Some((severity, limit)) = hit {
            let reason = format!(
                "{reason}; {severity} from {}",
                match test {
                    Test::Latency => format!("{} ms", number(limit)),
                    _ => percent(limit),
                }
            );
            findings.push(Finding {
                severity,
                feature: None,
                test,
                value: Some(value),
                limit: Some(limit),
                q_value: None,
                reason,
            });
        }
    };
    if service.answered >= policy.min_rows {
        let other = share(service.other_version, service.answered);
        let over = reached(policy.model_version, other).filter(|(_, limit)| other > *limit);
        add(
            Test::ModelVersion,
            other,
            over,
            format!("{} of rows were answered by another model version", percent(other)),
        );
    }
    if service.requests >= policy.min_rows {
        let rate = share(service.errors, service.requests);
        let over = reached(policy.error_rate, rate).filter(|(_, limit)| rate > *limit);
        add(Test::ErrorRate, rate, over, format!("{} of requests failed", percent(rate)));
        if let Some(p95) = service.latency_p95_ms {
            let over = reached(policy.latency_p95_ms, p95).filter(|(_, limit)| p95 > *limit);
            add(Test::Latency, p95, over, format!("95 % of answers took up to {} ms", number(p95)));
        }
    }
    findings.extend(service.costs.iter().filter_map(|moved| cost::finding(moved, policy)));
    findings.extend(service.aucs.iter().filter_map(|moved| auc::finding(moved, policy)));
    findings.extend(service.segments.iter().cloned());
    findings.extend(service.parity.as_ref().and_then(parity::finding));
    let log = service.unreadable.iter().map(|what| (Test::Source, what));
    for (test, what) in log.chain(service.unreadable_labels.iter().map(|what| (Test::Labels, what))) {
        findings.push(Finding {
            severity: Severity::Watch,
            feature: None,
            test,
            value: None,
            limit: None,
            q_value: None,
            reason: format!("left out: {what}"),
        });
    }
    findings
}
