//! Renders `report.json`. Scripts rely on its keys; the output is valid JSON for all values, including NaN.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use vigie_profile::profile::{HourOfDay, Latency};

use crate::{
    drift::{BinCount, Drift, FeatureDrift, Summary},
    judge::{FeatureVerdict, Finding, Measure, Policy, QValues},
    report::{
        Report,
        words::{Language, verdict_sentence},
    },
};

/// Incremented when the meaning of a key changes.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct ReportJson<'a> {
    schema_version: u32,
    run: Value,
    window: Value,
    verdict: Value,
    features: Vec<FeatureJson<'a>>,
    score: Value,
    latency: Value,
    service: Value,
    performance: Option<Value>,
    cost: Option<Value>,
    segments: Option<Value>,
    replay: Option<Value>,
    attribution: Option<Value>,
    reference: Value,
    policy: Value,
    other_version: Value,
}

#[derive(Serialize)]
struct FeatureJson<'a> {
    name: &'a str,
    kind: String,
    importance: Option<f64>,
    n_reference: u64,
    n_window: u64,
    severity: &'static str,
    q_value: Option<f64>,
    reasons: Vec<String>,
    missing: Value,
    unseen: Value,
    out_of_range: Value,
    psi: Value,
    jensen_shannon: Value,
    ks: Value,
    wasserstein: Value,
    chi2: Value,
    bins: Vec<BinJson<'a>>,
    summary: Value,
    /// Drift of its contributions to the score, if measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_share: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    histogram: Option<Value>,
    /// Reasons for null values, by path.
    null_reasons: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct BinJson<'a> {
    kind: &'static str,
    label: &'a str,
    lower: Option<f64>,
    upper: Option<f64>,
    reference: u64,
    window: u64,
}

/// Renders the report as pretty JSON with a trailing newline.
#[must_use]
pub fn to_json(report: &Report) -> String {
    let policy = &report.policy;
    let verdict = &report.verdict;
    let features = report
        .drift
        .features
        .iter()
        .zip(&verdict.features)
        .enumerate()
        .map(|(index, (drift, verdict))| {
            let mut feature = feature(drift, Some(verdict), report.importance.get(index).copied().flatten(), policy);
            let contribution = report.attribution.as_ref().and_then(|attribution| attribution.feature(index));
            feature.attribution = contribution.map(crate::report::page::attribution::of_feature);
            feature
        })
        .collect();
    let document = ReportJson {
        schema_version: SCHEMA_VERSION,
        run: run(report),
        window: window(report),
        verdict: json!({
            "severity": verdict.severity,
            "sentence": verdict_sentence(report),
            "findings": verdict.findings.iter().map(finding).collect::<Vec<_>>(),
            "drifted_share": verdict.drifted_share,
            "weighted_drifted_share": verdict.weighted_drifted_share,
        }),
        features,
        score: score(&report.drift, verdict.score.as_ref(), verdict.share_refused_q, policy),
        latency: latency(&report.traffic.latency),
        service: service(report),
        performance: report.performance.as_ref().map(super::performance::to_value),
        cost: report.performance.as_ref().map(super::performance::cost_to_value),
        segments: report.segments.as_ref().map(|segments| super::segments::to_value(report, segments)),
        replay: report.replay.as_ref().map(crate::report::page::replay::to_value),
        attribution: crate::report::page::attribution::to_value(report),
        reference: reference(report),
        policy: serde_json::to_value(&report.policy).unwrap_or_default(),
        other_version: report.other_version.as_ref().map_or(Value::Null, |drift| other_version(drift, policy)),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn run(report: &Report) -> Value {
    let run = &report.run;
    json!({
        "id": report.id(),
        "revision": run.revision,
        "created_at": run.created_at,
        "vigie_version": run.vigie_version,
        "config_sha256": run.config_sha256,
        "reference_id": run.reference_id,
        "model": {
            "name": run.model.name,
            "version": run.model.version,
            "sha256": run.model.sha256,
            "threshold": run.model.threshold,
        },
        "threads": run.threads,
        "files": run.files,
        "passed_over": run.skipped_files.as_ref().map(|skipped| Language::English.skipped_files(skipped)),
        "seconds": run.seconds,
        "attribution_seconds": run.attribution_seconds,
        // Depends on when the run took place, so it belongs to `run`.
        "empty_later": report.examined.empty_later.map(|window| json!({ "from": window.from, "to": window.to })),
    })
}

fn window(report: &Report) -> Value {
    let examined = &report.examined;
    let complaints: BTreeMap<&str, Value> = examined
        .complaints
        .iter()
        .map(|(reason, complaint)| (reason.word(), json!({ "count": complaint.count, "examples": complaint.examples })))
        .collect();
    let rejected: BTreeMap<&str, u64> = examined
        .complaints
        .iter()
        .filter(|(reason, _)| reason.rejects_row())
        .map(|(reason, complaint)| (reason.word(), complaint.count))
        .collect();
    json!({
        "from": examined.window.from,
        "to": examined.window.to,
        "rows": report.rows(),
        "rows_used": report.drift.n_window,
        "rejected": rejected,
        "complaints": complaints,
        "filtered": examined.filtered,
        "unreadable": examined.unreadable.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "fields_not_found": examined.missing_fields,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity,
        "subject": finding.subject,
        "feature": finding.subject.feature(),
        "segment": finding.subject.segment(),
        "test": finding.test.reported(),
        "by_labels": finding.test.needs_labels(),
        "value": finding.value,
        "limit": finding.limit,
        "q_value": finding.q_value,
        "reason": Language::English.statement(finding),
    })
}

fn feature<'a>(
    drift: &'a FeatureDrift,
    verdict: Option<&FeatureVerdict>,
    importance: Option<f64>,
    policy: &Policy,
) -> FeatureJson<'a> {
    let qs = verdict.map(|verdict| verdict.qs).unwrap_or_default();
    let opinions = verdict.iter().flat_map(|verdict| &verdict.opinions);
    FeatureJson {
        name: &drift.name,
        kind: drift.kind.to_string(),
        importance,
        n_reference: drift.n_reference,
        n_window: drift.n_window,
        severity: verdict.map_or("stable", |verdict| verdict.severity.word()),
        q_value: qs.smallest(),
        reasons: opinions.map(|opinion| Language::English.opinion(opinion, policy.q)).collect(),
        missing: json!({
            "reference_share": drift.missing.reference_share,
            "window_share": drift.missing.window_share,
            "p_value": drift.missing.p_value,
            "q_value": qs.get(Measure::Missing),
        }),
        unseen: unseen(drift, &qs),
        out_of_range: drift.out_of_range.map_or(Value::Null, |range| {
            json!({
                "below": range.below,
                "above": range.above,
                "p_value": range.p_value,
                "q_value": qs.out_of_range,
            })
        }),
        psi: json!({
            "value": drift.psi.value,
            "critical": drift.psi.critical,
            "p_value": drift.psi.p_value,
            "q_value": qs.get(Measure::Psi),
            "p_bins": drift.psi.p_bins,
            "bins": drift.bins.len(),
            "empty_bins": policy.empty_bins.name(),
        }),
        jensen_shannon: json!({ "value": drift.distances.jensen_shannon }),
        ks: drift.ks.as_ref().map_or(Value::Null, |ks| {
            json!({
                "statistic": ks.statistic,
                "upper_bound": ks.upper_bound,
                "exact": ks.exact,
                "p_value": ks.p_value,
                "q_value": qs.get(Measure::Ks),
            })
        }),
        wasserstein: drift.distances.wasserstein.map_or(Value::Null, |distance| {
            json!({
                "value": distance.value,
                "normalised": distance.normalised,
                "lower_bound": distance.lower_bound,
                "upper_bound": distance.upper_bound,
                "exact": distance.exact,
            })
        }),
        chi2: drift.chi2.map_or(Value::Null, |chi2| {
            json!({
                "statistic": chi2.statistic,
                "dof": chi2.dof,
                "p_value": chi2.p_value,
                "q_value": qs.get(Measure::Chi2),
                "cramers_v": chi2.cramers_v,
                "pooled_levels": chi2.pooled_levels,
            })
        }),
        bins: drift.bins.iter().map(bin).collect(),
        summary: json!({ "reference": summary(&drift.reference), "window": summary(&drift.window) }),
        attribution: None,
        refused_share: None,
        histogram: None,
        null_reasons: null_reasons(drift),
    }
}

fn unseen(drift: &FeatureDrift, qs: &QValues) -> Value {
    drift.unseen.as_ref().map_or(Value::Null, |unseen| {
        let levels: Vec<Value> =
            unseen.levels.iter().map(|(name, rows)| json!({ "level": name, "rows": rows })).collect();
        json!({
            "share": unseen.share,
            "excess": unseen.excess,
            "expected": unseen.expected,
            "levels": levels,
            "distinct": unseen.distinct,
            "p_value": unseen.p_value,
            "q_value": qs.get(Measure::Unseen),
        })
    })
}

fn bin(bin: &BinCount) -> BinJson<'_> {
    BinJson {
        kind: bin.kind.word(),
        label: &bin.label,
        lower: bin.lower,
        upper: bin.upper,
        reference: bin.reference,
        window: bin.window,
    }
}

fn summary(summary: &Summary) -> Value {
    match summary {
        Summary::Numeric { present, mean, std, min, max, quantiles } => {
            let quantiles: BTreeMap<String, Option<f64>> =
                quantiles.iter().map(|(q, value)| (format!("p{:02.0}", q * 100.0), *value)).collect();
            json!({ "present": present, "mean": mean, "std": std, "min": min, "max": max, "quantiles": quantiles })
        }
        Summary::Categorical { present, levels } => json!({ "present": present, "levels": levels }),
    }
}

fn null_reasons(drift: &FeatureDrift) -> BTreeMap<&'static str, &'static str> {
    let mut reasons = BTreeMap::new();
    let mut add = |is_null: bool, path, reason| {
        if is_null {
            reasons.insert(path, reason);
        }
    };
    let numeric = drift.kind == vigie_profile::layout::Kind::Numeric;
    add(drift.psi.value.is_none(), "psi.value", "the window has no used rows");
    add(drift.psi.p_value.is_none(), "psi.p_value", "fewer than two bins remain after merging sparse ones");
    add(drift.distances.jensen_shannon.is_none(), "jensen_shannon.value", "the window has no used rows");
    add(drift.missing.p_value.is_none(), "missing.p_value", "no value, or every value, is missing on both sides");
    let reduced = "the reference was imported as distributions, which support PSI only";
    let unless_reduced = |reason| if drift.reduced { reduced } else { reason };
    add(numeric && drift.ks.is_none(), "ks", unless_reduced("one side has no values"));
    let no_distance = if drift.ks.is_none() { "one side has no values" } else { "a value is infinite" };
    add(numeric && drift.distances.wasserstein.is_none(), "wasserstein", unless_reduced(no_distance));
    add(
        drift.distances.wasserstein.is_some_and(|distance| distance.normalised.is_none()),
        "wasserstein.normalised",
        "the standard deviation of the reference is 0",
    );
    add(numeric && drift.out_of_range.is_none(), "out_of_range", "the reference has no values");
    add(!numeric, "ks", "not a numeric feature");
    add(!numeric, "wasserstein", "not a numeric feature");
    add(!numeric, "out_of_range", "not a numeric feature");
    add(numeric, "chi2", "not a categorical feature");
    add(numeric, "unseen", "not a categorical feature");
    add(!numeric && drift.chi2.is_none(), "chi2", unless_reduced("one side has no rows"));
    add(
        drift.chi2.is_some_and(|chi2| chi2.p_value.is_none()),
        "chi2.p_value",
        "fewer than two levels remain after pooling rare ones",
    );
    add(
        drift.unseen.as_ref().is_some_and(|unseen| unseen.p_value.is_none()),
        "unseen.p_value",
        "the reference has no level that occurs once and the window has no unseen level",
    );
    reasons
}

fn score(drift: &Drift, verdict: Option<&FeatureVerdict>, q: Option<f64>, policy: &Policy) -> Value {
    let Some(score) = &drift.score else { return Value::Null };
    let mut feature = feature(&score.distance, verdict, None, policy);
    feature.refused_share = Some(json!({
        "reference": score.refused.reference,
        "window": score.refused.window,
        "p_value": score.refused.p_value,
        "q_value": q,
    }));
    let steps: Vec<Value> = score
        .histogram
        .iter()
        .map(|step| json!({ "lower": step.lower, "upper": step.upper, "reference": step.reference, "window": step.window }))
        .collect();
    feature.histogram = Some(Value::Array(steps));
    serde_json::to_value(feature).unwrap_or_default()
}

fn latency(latency: &Latency) -> Value {
    json!({
        "n": latency.count(),
        "p50": latency.quantile_ms(0.50),
        "p90": latency.quantile_ms(0.90),
        "p95": latency.quantile_ms(0.95),
        "p99": latency.quantile_ms(0.99),
        "max": latency.max_ms(),
        "mean": latency.mean_ms(),
        "unit": "ms",
    })
}

fn service(report: &Report) -> Value {
    let traffic = &report.traffic;
    let hours: Vec<Value> = traffic
        .by_hour
        .iter()
        .map(|(hour, (requests, errors))| {
            let at = vigie_profile::window::Instant(hour.saturating_mul(3_600_000_000));
            json!({ "hour": at, "requests": requests, "errors": errors })
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
    let rate = (traffic.requests > 0).then(|| traffic.errors as f64 / traffic.requests as f64);
    let by_status: BTreeMap<String, u64> =
        traffic.by_status.iter().map(|(status, count)| (status.to_string(), *count)).collect();
    json!({
        "requests": traffic.requests,
        "errors": traffic.errors,
        "error_rate": rate,
        "by_status": by_status,
        "by_hour": hours,
        "by_hour_of_day": traffic.by_hour_of_day.iter().enumerate().filter(|(_, hour)| hour.requests() > 0).map(hour_of_day).collect::<Vec<_>>(),
        "failed_latency": latency(&traffic.failed_latency),
    })
}

/// An hour of the day in UTC, over all days of the window. Percentiles have 2 significant digits.
fn hour_of_day((hour, traffic): (usize, &HourOfDay)) -> Value {
    let errors: BTreeMap<String, u64> =
        traffic.errors().iter().map(|(status, count)| (status.to_string(), *count)).collect();
    json!({
        "hour": hour,
        "requests": traffic.requests(),
        "latency": {
            "p50": traffic.quantile_ms(0.50),
            "p95": traffic.quantile_ms(0.95),
            "p99": traffic.quantile_ms(0.99),
            "unit": "ms",
        },
        "errors_by_status": errors,
    })
}

fn reference(report: &Report) -> Value {
    let provenance = serde_json::to_value(&report.reference).unwrap_or_default();
    json!({ "id": report.run.reference_id, "provenance": provenance })
}

fn other_version(drift: &Drift, policy: &Policy) -> Value {
    let features: Vec<Value> = drift
        .features
        .iter()
        .map(|feature| json!({ "name": feature.name, "psi": feature.psi.value, "n_window": feature.n_window }))
        .collect();
    json!({ "rows": drift.n_window, "features": features, "score": score(drift, None, None, policy) })
}
