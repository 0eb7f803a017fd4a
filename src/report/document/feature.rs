//! A feature, or the score, in `report.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::layout::Kind;

use super::{
    attribution::FeatureAttribution,
    measures::{
        ReportedChi2, ReportedJensenShannon, ReportedKs, ReportedMissing, ReportedOutOfRange, ReportedPsi,
        ReportedUnseen, ReportedWasserstein,
    },
    null_reasons::null_reasons,
    summary::{ReportedBin, ReportedSides, ReportedStep},
};
use crate::{
    drift::{Change, FeatureDrift, Onset},
    judge::{FeatureVerdict, Measure, Policy, Severity},
    report::{Report, words::Language},
};

/// All measurements of a feature, or of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedFeature {
    pub name: String,
    pub kind: Kind,
    /// Mean absolute SHAP value on the reference; null without a model.
    pub importance: Option<f64>,
    /// What the feature is, if the data dictionary of the reference says so; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The unit of its values, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The table that its values come from, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_table: Option<String>,
    /// Rows of the reference, missing values included.
    pub n_reference: u64,
    /// Rows used in the window, missing values included.
    pub n_window: u64,
    pub severity: Severity,
    /// Smallest q-value of the feature's tests.
    pub q_value: Option<f64>,
    /// One sentence for each test over its limit.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// What happened to the feature; known if it has a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Since when, if that was inside the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Onset>,
    pub missing: ReportedMissing,
    /// Categorical features only.
    pub unseen: Option<ReportedUnseen>,
    /// Numeric features only.
    pub out_of_range: Option<ReportedOutOfRange>,
    pub psi: ReportedPsi,
    #[serde(default)]
    pub jensen_shannon: ReportedJensenShannon,
    /// Numeric features only.
    pub ks: Option<ReportedKs>,
    /// Numeric features only.
    pub wasserstein: Option<ReportedWasserstein>,
    /// Categorical features only.
    pub chi2: Option<ReportedChi2>,
    #[serde(default)]
    pub bins: Vec<ReportedBin>,
    pub summary: ReportedSides,
    /// Drift of its contributions to the score, if measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribution: Option<FeatureAttribution>,
    /// The score only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_share: Option<RefusedShare>,
    /// The score only: row counts in equal steps from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Vec<ReportedStep>>,
    /// Reasons for null values, by path.
    #[serde(default)]
    pub null_reasons: BTreeMap<String, String>,
}

/// Share of refused rows: by the logged decisions of the window, where there are any, otherwise by the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedShare {
    /// Pooled two-proportion z test, two-sided.
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    pub reference: Option<f64>,
    pub window: Option<f64>,
}

impl ReportedFeature {
    /// All features of a report, with their verdicts.
    pub(super) fn all(report: &Report) -> Vec<Self> {
        let judged = report.drift.features.iter().zip(&report.verdict.features);
        let one = |(index, (drift, verdict)): (usize, (&FeatureDrift, &FeatureVerdict))| {
            let contribution = report.attribution.as_ref().and_then(|attribution| attribution.feature(index));
            let described = report.description(index);
            Self {
                description: described.map(|described| described.sentence.clone()),
                unit: described.and_then(|described| described.unit.clone()),
                source_table: described.and_then(|described| described.table.clone()),
                importance: report.importance.get(index).copied().flatten(),
                attribution: contribution.map(FeatureAttribution::new),
                ..Self::new(drift, Some(verdict), &report.policy)
            }
        };
        judged.enumerate().map(one).collect()
    }

    /// Returns the value of a measure: a distance, or the share of rows in the window.
    #[must_use]
    pub fn value(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Psi => self.psi.value,
            Measure::Ks => self.ks.as_ref().map(|ks| ks.statistic),
            Measure::Chi2 => self.chi2.as_ref().map(|chi2| chi2.cramers_v),
            Measure::Wasserstein => self.wasserstein.as_ref().and_then(|distance| distance.normalised),
            Measure::JensenShannon => self.jensen_shannon.value,
            Measure::Missing => self.missing.window_share,
            Measure::Unseen => self.unseen.as_ref().and_then(|unseen| unseen.share),
        }
    }

    pub(super) fn new(drift: &FeatureDrift, verdict: Option<&FeatureVerdict>, policy: &Policy) -> Self {
        let qs = verdict.map(|verdict| verdict.qs).unwrap_or_default();
        let opinions = verdict.iter().flat_map(|verdict| &verdict.opinions);
        Self {
            name: drift.name.clone(),
            kind: drift.kind,
            importance: None,
            description: None,
            unit: None,
            source_table: None,
            n_reference: drift.n_reference,
            n_window: drift.n_window,
            severity: verdict.map_or(Severity::Stable, |verdict| verdict.severity),
            q_value: qs.smallest(),
            reasons: opinions.map(|opinion| Language::English.opinion(opinion, policy.q)).collect(),
            change: drift.change.clone(),
            onset: drift.onset,
            missing: ReportedMissing::new(&drift.missing, &qs),
            unseen: drift.unseen.as_ref().map(|unseen| ReportedUnseen::new(unseen, &qs)),
            out_of_range: drift.out_of_range.as_ref().map(|range| ReportedOutOfRange::new(range, &qs)),
            psi: ReportedPsi::new(drift, &qs, policy),
            jensen_shannon: ReportedJensenShannon { value: drift.distances.jensen_shannon },
            ks: drift.ks.as_ref().map(|ks| ReportedKs::new(ks, &qs)),
            wasserstein: drift.distances.wasserstein.as_ref().map(ReportedWasserstein::new),
            chi2: drift.chi2.as_ref().map(|chi2| ReportedChi2::new(chi2, &qs)),
            bins: drift.bins.iter().map(ReportedBin::new).collect(),
            summary: ReportedSides::new(drift),
            attribution: None,
            refused_share: None,
            histogram: None,
            null_reasons: null_reasons(drift),
        }
    }
}
