//! Values and bins of a feature, or of the score, in `report.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drift::{BinCount, FeatureDrift, HistogramStep, PsiBinKind, QuantileSource, Summary};

/// Both sides of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedSides {
    pub reference: ReportedSummary,
    pub window: ReportedSummary,
}

/// Summary of the rows with a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReportedSummary {
    Categorical {
        /// Levels with at least one row.
        levels: usize,
        /// Rows with a value.
        present: u64,
    },
    Numeric {
        max: Option<f64>,
        mean: Option<f64>,
        min: Option<f64>,
        /// Rows with a value.
        present: u64,
        #[serde(default)]
        quantile_source: QuantileSource,
        /// By name, from `p01` to `p99`; how exact they are depends on `quantile_source`.
        quantiles: BTreeMap<String, Option<f64>>,
        std: Option<f64>,
    },
}

impl ReportedSides {
    pub(super) fn new(drift: &FeatureDrift) -> Self {
        Self { reference: ReportedSummary::new(&drift.reference), window: ReportedSummary::new(&drift.window) }
    }
}

impl ReportedSummary {
    fn new(summary: &Summary) -> Self {
        match summary {
            Summary::Categorical { present, levels } => Self::Categorical { levels: *levels, present: *present },
            Summary::Numeric { present, mean, std, min, max, quantiles, quantile_source } => Self::Numeric {
                max: *max,
                mean: *mean,
                min: *min,
                present: *present,
                quantile_source: *quantile_source,
                quantiles: quantiles.iter().map(|(q, value)| (format!("p{:02.0}", q * 100.0), *value)).collect(),
                std: *std,
            },
        }
    }

    /// Returns the mean and the standard deviation of a numeric feature.
    #[must_use]
    pub fn moments(&self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Categorical { .. } => (None, None),
            Self::Numeric { mean, std, .. } => (*mean, *std),
        }
    }
}

/// One bin, `(lower, upper]`; an atom has equal bounds, and null is unbounded or not a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedBin {
    pub kind: PsiBinKind,
    pub label: String,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Rows of the reference.
    pub reference: u64,
    /// Rows of the window.
    pub window: u64,
}

impl ReportedBin {
    pub(super) fn new(bin: &BinCount) -> Self {
        Self {
            kind: bin.kind,
            label: bin.label.clone(),
            lower: bin.lower,
            upper: bin.upper,
            reference: bin.reference,
            window: bin.window,
        }
    }
}

/// One step `[lower, upper)` of the score's histogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedStep {
    pub lower: f64,
    /// Rows of the reference.
    pub reference: u64,
    pub upper: f64,
    /// Rows of the window.
    pub window: u64,
}

impl ReportedStep {
    pub(super) fn new(step: &HistogramStep) -> Self {
        Self { lower: step.lower, reference: step.reference, upper: step.upper, window: step.window }
    }
}
