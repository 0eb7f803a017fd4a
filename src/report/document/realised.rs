//! `realised` of the `performance` section.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::{Confusion, loss::CalibrationBin};

use super::interval::{ReportedBounds, ReportedInterval};
use crate::performance::Realised;

/// Performance of the labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RealisedPerformance {
    pub auc: Option<ReportedInterval>,
    pub average_precision: Option<f64>,
    pub average_precision_interval: Option<ReportedBounds>,
    pub brier: Option<ReportedInterval>,
    pub calibration: Vec<CalibrationPoint>,
    pub confusion: CountedConfusion,
    pub f_beta: Option<f64>,
    pub f_beta_interval: Option<ReportedBounds>,
    pub log_loss: Option<ReportedInterval>,
    /// Reasons for null values, by path.
    #[serde(default)]
    pub null_reasons: BTreeMap<String, String>,
    pub precision: Option<ReportedInterval>,
    pub recall: Option<ReportedInterval>,
    pub rows: u64,
}

/// A quantile bin of the calibration curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationPoint {
    pub mean_score: f64,
    pub rows: f64,
    /// Share of rows with a positive outcome.
    pub share: f64,
}

/// Confusion matrix of labelled rows; positive is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountedConfusion {
    pub false_negatives: u64,
    pub false_positives: u64,
    pub true_negatives: u64,
    pub true_positives: u64,
}

impl CalibrationPoint {
    pub(super) fn new(bin: &CalibrationBin) -> Self {
        Self { mean_score: bin.mean_score, rows: bin.rows, share: bin.share }
    }
}

impl RealisedPerformance {
    pub(super) fn new(realised: &Realised) -> Self {
        let auc_only = |value| ReportedInterval { value: Some(value), low: None, high: None };
        Self {
            auc: realised.auc.map(Into::into).or_else(|| realised.auc_value.map(auc_only)),
            average_precision: realised.average_precision,
            average_precision_interval: realised.average_precision_interval.map(Into::into),
            brier: realised.brier.map(Into::into),
            calibration: realised.calibration.iter().map(CalibrationPoint::new).collect(),
            confusion: CountedConfusion::new(&realised.confusion),
            f_beta: realised.f_beta.map(|interval| interval.value),
            f_beta_interval: realised.f_beta.map(Into::into),
            log_loss: realised.log_loss.map(Into::into),
            null_reasons: null_reasons(realised),
            precision: realised.precision.map(Into::into),
            recall: realised.recall.map(Into::into),
            rows: realised.rows,
        }
    }
}

impl CountedConfusion {
    fn new(confusion: &Confusion) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of rows")]
        let whole = |rows: f64| rows as u64;
        Self {
            false_negatives: whole(confusion.false_negatives),
            false_positives: whole(confusion.false_positives),
            true_negatives: whole(confusion.true_negatives),
            true_positives: whole(confusion.true_positives),
        }
    }
}

fn null_reasons(realised: &Realised) -> BTreeMap<String, String> {
    [
        ("auc", realised.auc_value.is_none(), "the labelled rows have only one outcome"),
        ("average_precision", realised.average_precision.is_none(), "no labelled row is positive"),
        ("recall", realised.recall.is_none(), "no labelled row is positive"),
        ("precision", realised.precision.is_none(), "no labelled row was refused"),
        ("f_beta", realised.f_beta.is_none(), "no labelled row is positive or refused"),
        ("auc.low", realised.auc.is_none(), "an outcome has fewer than two labelled rows"),
        (
            "average_precision_interval",
            realised.average_precision_interval.is_none(),
            "fewer than two labelled rows are positive",
        ),
    ]
    .into_iter()
    .filter(|(_, is_null, _)| *is_null)
    .map(|(path, _, reason)| (path.to_owned(), reason.to_owned()))
    .collect()
}
