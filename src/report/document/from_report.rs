//! Builds the trend point of a report.

use std::collections::BTreeMap;

use super::{
    FeaturePoint, Head, LossCount, LossPoint, PerformancePoint, SegmentPoint, TrendPoint, performance_point::rounded,
};
use crate::{
    judge::{Finding, Severity, Test},
    report::{DecisionReport, Report},
};

impl Head {
    fn from_report(report: &Report) -> Self {
        let (traffic, drift) = (&report.traffic, &report.drift);
        let score = drift.score.as_ref();
        Self {
            model: report.run.model.name.clone(),
            window: report.examined.window,
            revision: report.run.revision,
            severity: report.verdict.severity,
            headline: report.headline(),
            severities: severities(&report.verdict.findings),
            rows: drift.n_window,
            requests: traffic.requests,
            findings: report.verdict.entries().len(),
            score_psi: score.and_then(|score| score.distance.psi.value).map(rounded),
            refused_share: score.and_then(|score| score.refused.window).map(rounded),
            decisions: report.decisions.as_ref().map(DecisionReport::overrides),
            drifted_share: report.verdict.drifted_share.map(rounded),
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
            error_rate: (traffic.requests > 0).then(|| rounded(traffic.errors as f64 / traffic.requests as f64)),
            latency_p95_ms: traffic.latency.quantile_ms(0.95),
            performance: report.performance.as_ref().and_then(PerformancePoint::from_performance),
            left_out: Some(LossPoint::from_report(report)),
        }
    }
}

impl LossPoint {
    fn from_report(report: &Report) -> Self {
        Self {
            rows: LossCount::of_rows(report.examined.complaints.unusable_rows(), report.drift.n_window),
            labels: report.labels().map(LossCount::of_labels),
        }
    }
}

impl TrendPoint {
    #[must_use]
    pub fn from_report(report: &Report) -> Self {
        let judged = report.drift.features.iter().zip(&report.verdict.features);
        let features = judged
            .map(|(drift, verdict)| FeaturePoint(drift.name.clone(), drift.psi.value.map(rounded), verdict.severity));
        let segments = report.segments.iter().flat_map(|segments| &segments.drift.list).map(|segment| {
            let ratio = segment.disparity.as_ref().map(|disparity| rounded(disparity.ratio.value));
            SegmentPoint(segment.name.clone(), segment.refused.window.map(rounded), ratio)
        });
        Self { head: Head::from_report(report), features: features.collect(), segments: segments.collect() }
    }
}

/// The worst severity by test, over findings about the run and the score.
fn severities(findings: &[Finding]) -> BTreeMap<Test, Severity> {
    let mut severities = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.subject.is_whole()) {
        let worst = severities.entry(finding.test.reported()).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }
    severities
}
