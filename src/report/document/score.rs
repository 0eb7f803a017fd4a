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
    let is_prediction = score.histogram.is_empty();
    let mut feature = ReportedFeature::new(&score.distance, verdict, policy);
    if is_prediction {
        let reason = "the score is a predicted number, from which no decision follows";
        feature.null_reasons.insert("refused_share.window".to_owned(), reason.to_owned());
    }
    Some(ReportedFeature {
        refused_share: Some(RefusedShare {
            p_value: score.refused.p_value,
            q_value: q,
            reference: score.refused.reference,
            window: score.refused.window,
        }),
        histogram: (!is_prediction).then(|| score.histogram.iter().map(ReportedStep::new).collect()),
        ..feature
    })
}
