//! Contributions to the score compared with the reference, as JSON and as a page section.

use serde_json::{Value, json};
use vigie_profile::shown::shown;

use crate::{
    drift::Summary,
    replay::{Attribution, ContributionDrift},
    report::{Report, words::Language},
};

/// Maximum number of features listed.
const MAX_LISTED: usize = 15;

/// Returns the `attribution` section: contributions, and under `score_shift` the effect of restored values.
pub(crate) fn to_value(report: &Report) -> Option<Value> {
    let mut value = match report.attribution.as_ref()? {
        Attribution::Unavailable(why) => json!({ "rows": null, "reason": Language::English.unmeasured(why) }),
        Attribution::Measured { rows, .. } => json!({ "rows": rows, "unit": "raw score", "reason": null }),
    };
    if let (Some(keys), Some(shift)) = (value.as_object_mut(), &report.score_shift) {
        keys.insert("score_shift".to_owned(), super::score_shift::to_value(shift, report.policy.q));
    }
    Some(value)
}

/// Returns the `attribution` of one feature.
pub(crate) fn of_feature(drift: &ContributionDrift) -> Value {
    let (reference, window) = means(drift);
    json!({
        "psi": drift.distance.psi.value,
        "ks": drift.distance.ks.as_ref().map(|ks| {
            json!({ "statistic": ks.statistic, "upper_bound": ks.upper_bound, "exact": ks.exact })
        }),
        "mean": { "reference": reference, "window": window },
        "mean_abs": { "reference": drift.mean_abs.0, "window": drift.mean_abs.1 },
    })
}

fn means(drift: &ContributionDrift) -> (Option<f64>, Option<f64>) {
    let mean = |summary: &Summary| match summary {
        Summary::Numeric { mean, .. } => *mean,
        Summary::Categorical { .. } => None,
    };
    (mean(&drift.distance.reference), mean(&drift.distance.window))
}

/// Table row of a feature.
pub(crate) struct ContributionLine {
    pub anchor: String,
    pub name: String,
    pub psi: String,
    pub ks: String,
    pub mean: String,
    pub shift: String,
    pub size: String,
}

/// Content of the section.
pub(crate) struct AttributionCard {
    /// States why there is nothing to show; empty if there is.
    pub reason: String,
    pub lines: Vec<ContributionLine>,
}

/// Returns the features whose contributions moved the score most.
pub(crate) fn card(report: &Report, language: Language) -> Option<AttributionCard> {
    let features = match report.attribution.as_ref()? {
        Attribution::Unavailable(why) => {
            return Some(AttributionCard { reason: language.not_measured(why), lines: Vec::new() });
        }
        Attribution::Measured { features, .. } => features,
    };
    let shift = |drift: &ContributionDrift| {
        let (reference, window) = means(drift);
        window.unwrap_or(0.0) - reference.unwrap_or(0.0)
    };
    let mut order: Vec<(usize, &ContributionDrift)> = features.iter().enumerate().collect();
    order.sort_by(|(a, left), (b, right)| shift(right).abs().total_cmp(&shift(left).abs()).then(a.cmp(b)));
    let optional = |value: Option<f64>| language.number_or_dash(value);
    let lines = order
        .into_iter()
        .take(MAX_LISTED)
        .filter_map(|(place, drift)| {
            let (reference, window) = means(drift);
            Some(ContributionLine {
                anchor: format!("#f{place}"),
                name: shown(&report.drift.features.get(place)?.name),
                psi: optional(drift.distance.psi.value),
                ks: optional(drift.distance.ks.as_ref().map(|ks| ks.statistic)),
                mean: format!("{} → {}", optional(reference), optional(window)),
                shift: language.signed_always(shift(drift), 4),
                size: format!("{} → {}", language.number(drift.mean_abs.0), optional(drift.mean_abs.1)),
            })
        })
        .collect();
    Some(AttributionCard { reason: String::new(), lines })
}
