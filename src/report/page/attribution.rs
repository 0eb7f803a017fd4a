//! Contributions to the score compared with the reference.

use vigie_profile::shown::shown;

use crate::{
    drift::Summary,
    replay::{Attribution, ContributionDrift},
    report::{Report, words::Language},
};

/// Maximum number of features listed.
const MAX_LISTED: usize = 15;

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
