//! The figures of a report under their names in MLflow. What could not be computed is left out.

use std::collections::BTreeMap;

use vigie_mlflow::distinct_keys;

use crate::{judge::Severity, report::ReportDocument};

/// Figures by the name of their metric. Shares are from 0 to 1.
pub(crate) type Figures = BTreeMap<String, f64>;

/// The main figures, which are also those of the trend.
pub(super) fn head_figures(document: &ReportDocument) -> Figures {
    let ReportDocument { window, verdict, features, score, latency, performance, cost, .. } = document;
    let drifted = features.iter().filter(|feature| matches!(feature.severity, Severity::Watch | Severity::Alarm));
    let estimated = performance.as_ref().and_then(|performance| performance.estimated.as_ref());
    let realised = performance.as_ref().and_then(|performance| performance.realised.as_ref());
    let cost = cost.as_ref();
    let figures = [
        ("rows", Some(count(window.rows_used))),
        ("drift/share", verdict.drifted_share),
        ("drift/features", verdict.drifted_share.map(|_| count(drifted.count() as u64))),
        ("score/psi", score.as_ref().and_then(|score| score.psi.value)),
        ("refused/share", score.as_ref().and_then(|score| score.refused_share.as_ref()?.window)),
        ("cost/expected", cost.and_then(|cost| cost.expected.as_ref()?.per_1000.value)),
        ("cost/realised", cost.and_then(|cost| cost.realised.as_ref()?.per_1000.value)),
        ("auc/expected", estimated.and_then(|estimated| estimated.auc.value)),
        ("auc/realised", realised.and_then(|realised| realised.auc.as_ref()?.value)),
        ("latency/p95_ms", latency.p95),
    ];
    computed(figures.into_iter().map(|(name, value)| (name.to_owned(), value)))
}

/// The figures of each feature.
pub(super) fn feature_figures(document: &ReportDocument) -> Figures {
    let figures: Vec<(String, Option<f64>)> = document
        .features
        .iter()
        .flat_map(|feature| {
            let name = |measure: &str| format!("{measure}/{}", feature.name);
            [
                (name("psi"), feature.psi.value),
                (name("ks"), feature.ks.as_ref().map(|ks| ks.statistic)),
                (name("missing"), feature.missing.window_share),
            ]
        })
        .collect();
    // Keys of all names, so that a key does not depend on what could be computed.
    let keys = distinct_keys(figures.iter().map(|(name, _)| name.as_str()));
    computed(figures.into_iter().filter_map(|(name, value)| Some((keys.get(&name)?.clone(), value))))
}

/// Only finite numbers: MLflow would store others as something else.
fn computed(figures: impl Iterator<Item = (String, Option<f64>)>) -> Figures {
    figures.filter_map(|(name, value)| Some((name, value.filter(|value| value.is_finite())?))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}
