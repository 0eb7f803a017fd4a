//! The `score` section of `report.json`: a feature with decisions and a histogram.

use super::{
    feature::{RefusedShare, ReportedFeature},
    summary::ReportedStep,
};
use crate::{
    drift::Drift,
    judge::{FeatureVerdict, Policy},
};

/// Returns the score of a drift, if the log has one; `q` is the q-value of the refusal rate.
pub(super) fn score(
    drift: &Drift,
    verdict: Option<&FeatureVerdict>,
    q: Option<f64>,
    policy: &Policy,
) -> Option<ReportedFeature> {
    let score = drift.score.as_ref()?;
    Some(ReportedFeature {
        refused_share: Some(RefusedShare {
            p_value: score.refused.p_value,
            q_value: q,
            reference: score.refused.reference,
            window: score.refused.window,
        }),
        histogram: Some(score.histogram.iter().map(ReportedStep::new).collect()),
        ..ReportedFeature::new(&score.distance, verdict, policy)
    })
}
