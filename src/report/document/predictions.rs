//! The `predictions` section of `report.json`: performance of a regression or of several classes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::{ClassPerformance, Multiclass, PredictionErrors};

use super::{interval::ReportedInterval, performance::ReportedLabels};
use crate::performance::{Predictions, RealisedPredictions};

/// Performance of predicted numbers or classes, from labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredictionsSection {
    /// Result of the label join; null if no labels are configured.
    pub labels: Option<ReportedLabels>,
    /// Several classes; null for a regression, or without labelled rows.
    pub multiclass: Option<ReportedMulticlass>,
    /// Why no row is labelled.
    pub realised_reason: Option<String>,
    /// A regression; null for several classes, or without labelled rows.
    pub regression: Option<ReportedErrors>,
    /// Used rows of the window.
    pub rows: u64,
}

/// Errors of predicted numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedErrors {
    /// Mean absolute error.
    pub mae: ReportedInterval,
    /// Mean of prediction minus actual number.
    pub mean_error: ReportedInterval,
    /// Reasons for null values, by path.
    #[serde(default)]
    pub null_reasons: BTreeMap<String, String>,
    pub r2: Option<f64>,
    /// Root of the mean squared error.
    pub rmse: ReportedInterval,
    /// Labelled rows.
    pub rows: u64,
}

/// Performance of class probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedMulticlass {
    /// Share of rows whose class has the highest probability.
    pub accuracy: ReportedInterval,
    /// Mean of the AUC one-versus-rest over all classes.
    pub auc_macro: Option<f64>,
    pub classes: Vec<ReportedClass>,
    /// Reasons for null values, by path.
    #[serde(default)]
    pub null_reasons: BTreeMap<String, String>,
    /// Mean recall of the classes that occur.
    pub recall_macro: f64,
    /// Labelled rows.
    pub rows: u64,
}

/// Performance of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedClass {
    /// One-versus-rest; null unless the class and another occur.
    pub auc: Option<f64>,
    pub class: String,
    /// Null without rows that are predicted to be of the class.
    pub precision: Option<ReportedInterval>,
    /// Rows that are predicted to be of the class.
    pub predicted: u64,
    /// Null without rows of the class.
    pub recall: Option<ReportedInterval>,
    /// Rows of the class.
    pub rows: u64,
}

impl PredictionsSection {
    pub(super) fn new(predictions: &Predictions) -> Self {
        let unlabelled = || match &predictions.labels {
            None => "no labels are configured".to_owned(),
            Some(_) => format!("none of the {} used rows has a label", predictions.rows),
        };
        let (regression, multiclass) = match &predictions.realised {
            RealisedPredictions::Numbers(errors) => (errors.as_ref().map(ReportedErrors::new), None),
            RealisedPredictions::Classes(names, measured) => {
                (None, measured.as_ref().map(|measured| ReportedMulticlass::new(names, measured)))
            }
        };
        Self {
            labels: predictions.labels.as_ref().map(|labels| ReportedLabels::new(labels, predictions.rows)),
            realised_reason: (regression.is_none() && multiclass.is_none()).then(unlabelled),
            multiclass,
            regression,
            rows: predictions.rows,
        }
    }
}

impl ReportedErrors {
    fn new(errors: &PredictionErrors) -> Self {
        let constant = errors.r2.is_none().then_some(("r2", "all actual numbers are equal"));
        Self {
            mae: errors.mae.into(),
            mean_error: errors.mean_error.into(),
            null_reasons: constant.into_iter().map(|(path, why)| (path.to_owned(), why.to_owned())).collect(),
            r2: errors.r2,
            rmse: errors.rmse.into(),
            rows: errors.rows,
        }
    }
}

impl ReportedMulticlass {
    fn new(names: &[String], measured: &Multiclass) -> Self {
        let missing = measured.auc.is_none().then_some(("auc_macro", "not every class has labelled rows"));
        let class = |(name, of): (&String, &ClassPerformance)| ReportedClass {
            auc: of.auc,
            class: name.clone(),
            precision: of.precision.map(Into::into),
            predicted: of.predicted,
            recall: of.recall.map(Into::into),
            rows: of.rows,
        };
        Self {
            accuracy: measured.accuracy.into(),
            auc_macro: measured.auc,
            classes: names.iter().zip(&measured.classes).map(class).collect(),
            null_reasons: missing.into_iter().map(|(path, why)| (path.to_owned(), why.to_owned())).collect(),
            recall_macro: measured.recall,
            rows: measured.rows,
        }
    }
}
