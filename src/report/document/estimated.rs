//! `estimated` of the `performance` section.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_stats::Confusion;

use super::interval::ReportedBand;
use crate::{
    performance::{Band, Expected},
    report::words::Language,
};

/// Performance of all used rows, estimated without labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimatedPerformance {
    /// The assumption behind every estimate without labels.
    pub assumption: String,
    pub auc: ReportedBand,
    pub confusion: ExpectedConfusion,
    pub f_beta: ReportedBand,
    pub method: String,
    /// Reasons for null values, by path.
    #[serde(default)]
    pub null_reasons: BTreeMap<String, String>,
    pub precision: ReportedBand,
    pub recall: ReportedBand,
    pub rows: f64,
    /// Rows with a score outside the range that the calibration was learnt on.
    pub rows_beyond_the_reference: f64,
}

/// Expected confusion matrix; positive is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedConfusion {
    pub false_negatives: f64,
    pub false_positives: f64,
    pub true_negatives: f64,
    pub true_positives: f64,
}

impl EstimatedPerformance {
    pub(super) fn new(expected: &Expected) -> Self {
        let band = |band: &Band| ReportedBand::new(band.window, band.reference);
        Self {
            assumption: Language::English.labels().estimate_assumption.to_owned(),
            auc: band(&expected.auc),
            confusion: ExpectedConfusion::new(&expected.confusion),
            f_beta: band(&expected.f_beta),
            method: "CBPE, isotonic calibration on the reference".to_owned(),
            null_reasons: null_reasons(expected),
            precision: band(&expected.precision),
            recall: band(&expected.recall),
            rows: expected.rows,
            rows_beyond_the_reference: expected.beyond,
        }
    }
}

impl ExpectedConfusion {
    fn new(confusion: &Confusion) -> Self {
        Self {
            false_negatives: confusion.false_negatives,
            false_positives: confusion.false_positives,
            true_negatives: confusion.true_negatives,
            true_positives: confusion.true_positives,
        }
    }
}

fn null_reasons(expected: &Expected) -> BTreeMap<String, String> {
    let mut reasons = BTreeMap::new();
    for (name, band, why) in [
        ("auc", expected.auc, "no row, or every row, is expected to be positive"),
        ("recall", expected.recall, "no row is expected to be positive"),
        ("precision", expected.precision, "no row is refused"),
        ("f_beta", expected.f_beta, "no row is refused or expected to be positive"),
    ] {
        if band.window.is_none() {
            reasons.insert(format!("{name}.value"), why.to_owned());
        }
        if band.reference.is_none() {
            let reason = "undefined on the reference at this threshold";
            reasons.insert(format!("{name}.reference"), reason.to_owned());
        }
    }
    reasons
}
