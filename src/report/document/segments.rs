//! The `segments` section of `report.json`: each segment compared with its own reference rows and with the other
//! segments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    interval::{ReportedBand, ReportedInterval},
    measures::ReportedKsDistance,
};
use crate::{
    drift::{Disparity, FeatureDrift, NotCompared, SegmentDrift},
    judge::{SegmentVerdict, Severity},
    performance::{NoEstimate, Realised, SegmentCost},
    report::{Report, report::SegmentReport},
};

/// All segments of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentsSection {
    /// Columns with more levels than are monitored, and the number of levels left out.
    pub levels_left_out: BTreeMap<String, usize>,
    pub list: Vec<ReportedSegment>,
    /// A segment with fewer rows is not compared.
    pub min_rows: u64,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedSegment {
    /// The column of which the segment is a level; null for a filter.
    pub by: Option<String>,
    pub definition: String,
    /// Acceptance rate compared with that of others.
    pub disparity: Option<ReportedDisparity>,
    /// Estimate without labels, with the calibration of all rows.
    pub expected: Option<ExpectedSegmentCost>,
    pub features: Option<SegmentFeatures>,
    pub name: String,
    /// Reasons for null values, by path.
    #[serde(default)]
    pub null_reasons: BTreeMap<String, String>,
    /// Performance of the labelled rows.
    pub realised: Option<RealisedInSegment>,
    pub refused_share: RefusedInSegment,
    pub rows: u64,
    pub score: Option<SegmentScore>,
    /// Null if the segment was not compared with anything.
    pub severity: Option<Severity>,
    /// Share of all used rows.
    pub share: Option<f64>,
}

/// Share of refused rows: by the logged decisions of the window, where there are any, otherwise by the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedInSegment {
    /// Pooled two-proportion z test, two-sided.
    pub p_value: Option<f64>,
    pub reference: Option<f64>,
    pub window: Option<f64>,
}

/// Acceptance rate divided by that of the rows it is compared with, with its 95% confidence interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedDisparity {
    /// The segment of the same column with the highest acceptance rate, or `all other rows`.
    pub against: String,
    pub high: Option<f64>,
    pub low: Option<f64>,
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    /// The four-fifths rule requires 0.8.
    pub ratio: Option<f64>,
}

/// Distance of the score from the reference's rows of the same segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentScore {
    pub ks: Option<ReportedKsDistance>,
    /// Rows of the reference in the segment.
    pub n_reference: u64,
    pub psi: SegmentPsi,
}

/// Population stability index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentPsi {
    /// Value that chance alone exceeds in 5 of 100 windows.
    pub critical: Option<f64>,
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    pub value: Option<f64>,
}

/// The most important features within the segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentFeatures {
    /// Number of drifted features.
    pub drifted: usize,
    /// Number of features tracked.
    pub of: usize,
    /// Population stability index by feature.
    pub psi: BTreeMap<String, Option<f64>>,
}

/// Expected cost of the segment's rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedSegmentCost {
    pub cost_per_1000: ReportedBand,
}

/// Performance of the segment's labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RealisedInSegment {
    pub auc: ReportedInterval,
    /// Total over the labelled rows.
    pub cost: Option<f64>,
    pub cost_per_1000: ReportedInterval,
    pub precision: ReportedInterval,
    pub recall: ReportedInterval,
    pub rows: u64,
}

impl SegmentsSection {
    pub(super) fn new(report: &Report, segments: &SegmentReport) -> Self {
        let performance = report.performance.as_ref();
        let drift = &segments.drift;
        let list = drift.list.iter().zip(&segments.verdicts).enumerate().map(|(number, (one, verdict))| {
            let realised = performance.and_then(|performance| performance.segments.get(number)?.as_ref());
            let expected = performance.and_then(|performance| performance.expected_in_segments.get(number)?.as_ref());
            ReportedSegment::new(one, *verdict, (realised, expected), (drift.rows, drift.min_rows))
        });
        Self {
            levels_left_out: drift.left_out.iter().cloned().collect(),
            list: list.collect(),
            min_rows: drift.min_rows,
        }
    }
}

impl ReportedSegment {
    fn new(
        one: &SegmentDrift,
        verdict: SegmentVerdict,
        (realised, expected): (Option<&Realised>, Option<&SegmentCost>),
        (rows, min_rows): (u64, u64),
    ) -> Self {
        let features = verdict.drifted.map(|drifted| SegmentFeatures {
            drifted,
            of: one.features.len(),
            psi: one.features.iter().map(|feature| (feature.name.clone(), feature.psi.value)).collect(),
        });
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^53")]
        let share = (rows > 0).then(|| one.rows as f64 / rows as f64);
        Self {
            by: one.by.clone(),
            definition: one.definition.clone(),
            disparity: one.disparity.as_ref().map(|one| ReportedDisparity::new(one, verdict.disparity_q)),
            expected: expected.map(|cost| ExpectedSegmentCost {
                cost_per_1000: ReportedBand::new(Some(cost.per_1000), cost.reference),
            }),
            features,
            name: one.name.clone(),
            null_reasons: null_reasons(one, verdict, (realised, expected), min_rows),
            realised: realised.map(RealisedInSegment::new),
            refused_share: RefusedInSegment {
                p_value: one.refused.p_value,
                reference: one.refused.reference,
                window: one.refused.window,
            },
            rows: one.rows,
            score: one.score.as_ref().map(|score| SegmentScore::new(score, verdict.score_q)),
            severity: verdict.severity,
            share,
        }
    }
}

impl ReportedDisparity {
    fn new(disparity: &Disparity, q_value: Option<f64>) -> Self {
        Self {
            against: disparity.against.clone().unwrap_or_else(|| "all other rows".to_owned()),
            high: Some(disparity.ratio.high),
            low: Some(disparity.ratio.low),
            p_value: disparity.p_value,
            q_value,
            ratio: Some(disparity.ratio.value),
        }
    }
}

impl SegmentScore {
    fn new(score: &FeatureDrift, q_value: Option<f64>) -> Self {
        let psi = score.psi;
        Self {
            ks: score.ks.as_ref().map(ReportedKsDistance::new),
            n_reference: score.n_reference,
            psi: SegmentPsi { critical: psi.critical, p_value: psi.p_value, q_value, value: psi.value },
        }
    }
}

impl RealisedInSegment {
    fn new(realised: &Realised) -> Self {
        let interval = |interval: Option<vigie_stats::Interval>| interval.map(Into::into).unwrap_or_default();
        Self {
            auc: ReportedInterval { value: realised.auc_value, ..interval(realised.auc) },
            cost: Some(realised.cost.value),
            cost_per_1000: realised.cost_per_1000().into(),
            precision: interval(realised.precision),
            recall: interval(realised.recall),
            rows: realised.rows,
        }
    }
}

/// The reason why a segment is not compared.
fn not_compared(reason: NotCompared, min_rows: u64) -> String {
    match reason {
        NotCompared::TooFewRows => format!("fewer than {min_rows} rows"),
        NotCompared::NotInReference => {
            "the reference does not contain this segment; learn it again with `vigie learn --segments`".to_owned()
        }
        NotCompared::TooFewReferenceRows => format!("the reference has fewer than {min_rows} rows in this segment"),
    }
}

fn null_reasons(
    one: &SegmentDrift,
    verdict: SegmentVerdict,
    (realised, expected): (Option<&Realised>, Option<&SegmentCost>),
    min_rows: u64,
) -> BTreeMap<String, String> {
    let mut reasons = BTreeMap::new();
    let mut because = |key: &str, why: String| {
        reasons.insert(key.to_owned(), why);
    };
    if let Some(why) = one.not_compared {
        because("score", not_compared(why, min_rows));
        because("features", not_compared(why, min_rows));
    } else if one.features.is_empty() {
        because("features", "the reference was learnt without a model, so feature importance is unknown".to_owned());
    }
    if one.disparity.is_none() {
        because(
            "disparity",
            if one.rows < min_rows {
                format!("fewer than {min_rows} rows")
            } else {
                "this is the most favoured segment, or there is none to compare it with".to_owned()
            },
        );
    }
    if realised.is_none() {
        because("realised", "no row in this segment has a label".to_owned());
    }
    match expected {
        None if one.rows == 0 => because("expected", "no row of the window is in this segment".to_owned()),
        None => because("expected", NoEstimate::NoOutcomes.to_string()),
        Some(cost) if cost.reference.is_none() => {
            because("expected.cost_per_1000.reference", "no reference row is known to be in this segment".to_owned());
        }
        Some(_) => {}
    }
    if verdict.severity.is_none() {
        because("severity", "this segment was not compared with anything".to_owned());
    }
    reasons
}
