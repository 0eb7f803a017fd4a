//! Builds the trend point of a report from its `report.json`.

use std::collections::BTreeMap;

use vigie_profile::batch::Reason;

use super::{
    FeaturePoint, Head, LossCount, LossPoint, PerformancePoint, ReportDocument, SegmentPoint, TrendPoint,
    decisions::DecisionsSection, interval::ReportedInterval, performance_point::rounded,
};
use crate::judge::{Headline, Severity, Test};

impl TrendPoint {
    #[must_use]
    pub fn from_document(document: ReportDocument) -> Self {
        let head = Head::from_document(&document);
        let ReportDocument { features, segments, .. } = document;
        let features =
            features.into_iter().map(|feature| FeaturePoint(feature.name, feature.psi.value, feature.severity));
        let segments = segments.into_iter().flat_map(|segments| segments.list).map(|segment| {
            let ratio = segment.disparity.and_then(|disparity| disparity.ratio);
            SegmentPoint(segment.name, segment.refused_share.window, ratio)
        });
        Self { head, features: features.collect(), segments: segments.collect() }
    }
}

impl Head {
    fn from_document(document: &ReportDocument) -> Self {
        let ReportDocument { run, window, verdict, score, service, latency, .. } = document;
        let score = score.as_ref();
        Self {
            model: run.model.name.clone(),
            window: window.window(),
            revision: run.revision,
            severity: verdict.severity,
            headline: Headline::Stored { sentence: verdict.sentence.clone(), french: None },
            severities: severities(document),
            rows: window.rows_used,
            requests: service.requests,
            findings: verdict.entries(),
            score_psi: score.and_then(|score| score.psi.value),
            refused_share: score.and_then(|score| score.refused_share.as_ref()?.window),
            decisions: document.decisions.as_ref().map(DecisionsSection::overrides),
            drifted_share: verdict.drifted_share,
            error_rate: service.error_rate,
            latency_p95_ms: latency.p95,
            performance: PerformancePoint::from_document(document),
            left_out: Some(LossPoint::from_document(document)),
        }
    }
}

impl LossPoint {
    fn from_document(document: &ReportDocument) -> Self {
        let window = &document.window;
        let unusable = Reason::UNUSABLE.iter().filter_map(|reason| window.rejected.get(reason.word())).sum();
        let of_score = document.performance.as_ref().and_then(|performance| performance.labels.as_ref());
        let of_predictions = document.predictions.as_ref().and_then(|predictions| predictions.labels.as_ref());
        let labels = of_score.or(of_predictions);
        Self {
            rows: LossCount::of_rows(unusable, window.rows_used),
            labels: labels.map(|labels| LossCount::of_labels(&labels.counts())),
        }
    }
}

/// The worst severity by test, over findings about the run and the score. Tests unknown to this version are skipped.
fn severities(document: &ReportDocument) -> BTreeMap<Test, Severity> {
    let mut severities = BTreeMap::new();
    for finding in document.verdict.findings.iter().filter(|finding| finding.is_of_whole()) {
        let Some(test) = Test::parse(&finding.test) else { continue };
        let worst = severities.entry(test).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }
    severities
}

impl PerformancePoint {
    /// Returns `None` if nothing could be estimated.
    fn from_document(document: &ReportDocument) -> Option<Self> {
        let (performance, cost) = document.performance.as_ref().zip(document.cost.as_ref())?;
        let triple = |(value, low, high)| (rounded(value), rounded(low), rounded(high));
        Some(match &performance.estimate_against_labels {
            Some(check) => Self {
                cost_expected: check.cost_per_1000.estimated.triple().map(triple)?,
                cost_realised: check.cost_per_1000.realised.map(rounded),
                auc_expected: check.auc.estimated.as_ref().and_then(ReportedInterval::triple).map(triple),
                auc_realised: check.auc.realised.map(rounded),
                coverage: performance.labels.as_ref().and_then(|labels| labels.coverage).map(rounded),
            },
            None => Self {
                cost_expected: cost.expected.as_ref()?.per_1000.triple().map(triple)?,
                cost_realised: None,
                auc_expected: performance.estimated.as_ref().and_then(|estimated| estimated.auc.triple()).map(triple),
                auc_realised: None,
                coverage: None,
            },
        })
    }
}
