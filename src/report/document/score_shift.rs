//! `score_shift` of the `attribution` section: the effect of restoring the reference's values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    replay::{DRAWS, ReferenceFigures, Restoration, SEED, STRONG, ScoreShift, ScoreSummary, Unmeasured},
    report::words::Language,
};

/// Describes the method.
const METHOD: &str = "The reference's values are restored and the rows rescored with the model file. Only drift beyond chance (p at \
    most `limit`) is undone: numbers (KS) keep their order, and the i-th smallest of k gets the reference's value at rank \
    (i + 1/2) / k, ties in drawn order; surplus rows of over-represented levels (chi-square) are redrawn; missing values are filled \
    or added until their share equals the reference's. Values outside the reference's range, and unseen levels, are replaced if they \
    occur in 1% of the rows. Draws are hashes of the rows' ids. by_chance: 95% of repeated random draws from the reference's values \
    change the result by no more than this.";

/// Which drift moved the score. Only `rows` and `reason` are present if that was not measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreShiftSection {
    /// Number of random restorations behind `by_chance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draws: Option<u64>,
    /// Drifted features beyond the maximum number of features.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drifted_features_left_out: Option<usize>,
    /// Largest p-value of drift that is undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Rank correlation from which drifted features are restored jointly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank_correlation: Option<f64>,
    /// Why it was not measured.
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReportedScores>,
    /// Largest change of the mean score first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restored: Option<Vec<RestoredFeatures>>,
    /// Rows that were rescored.
    pub rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<ReportedScores>,
}

/// What the scores of some rows amount to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedScores {
    pub expected_cost_per_1000: Option<f64>,
    pub mean_score: Option<f64>,
    pub share_refused: Option<f64>,
}

/// The effect of restoring some features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestoredFeatures {
    /// Whether all of them have drifted.
    pub drifted: bool,
    pub expected_cost_per_1000: Option<RestoredValue>,
    pub features: Vec<String>,
    pub mean_score: Option<RestoredValue>,
    /// Rows with a changed value.
    pub rows_changed: u64,
    pub share_refused: Option<RestoredValue>,
}

/// A value after the restoration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestoredValue {
    /// 95% of restorations with random values of the reference change it by no more than this.
    pub by_chance: Option<f64>,
    /// Difference from the value without the restoration.
    pub change: Option<f64>,
    pub restored: Option<f64>,
}

impl ScoreShiftSection {
    pub(super) fn new(shift: &Result<ScoreShift, Unmeasured>, limit: f64) -> Self {
        let shift = match shift {
            Ok(shift) => shift,
            Err(why) => return Self { reason: Some(Language::English.unmeasured(why)), ..Self::default() },
        };
        Self {
            draws: Some(DRAWS),
            drifted_features_left_out: Some(shift.left_out),
            limit: Some(limit),
            method: Some(METHOD.to_owned()),
            rank_correlation: Some(STRONG),
            reason: None,
            reference: Some((&shift.reference).into()),
            restored: Some(shift.restored.iter().map(RestoredFeatures::new).collect()),
            rows: Some(shift.rows),
            seed: Some(SEED),
            window: Some((&shift.now).into()),
        }
    }
}

impl From<&ScoreSummary> for ReportedScores {
    fn from(scores: &ScoreSummary) -> Self {
        Self {
            expected_cost_per_1000: scores.cost_per_1000,
            mean_score: Some(scores.mean_score),
            share_refused: Some(scores.share_refused),
        }
    }
}

impl From<&ReferenceFigures> for ReportedScores {
    fn from(scores: &ReferenceFigures) -> Self {
        Self {
            expected_cost_per_1000: scores.cost_per_1000,
            mean_score: scores.mean_score,
            share_refused: scores.share_refused,
        }
    }
}

impl RestoredFeatures {
    fn new(one: &Restoration) -> Self {
        let figure = |of: fn(&ScoreSummary) -> Option<f64>| {
            of(&one.summary).map(|restored| RestoredValue {
                by_chance: of(&one.by_chance),
                change: of(&one.change),
                restored: Some(restored),
            })
        };
        Self {
            drifted: one.is_drifted,
            expected_cost_per_1000: figure(|scores| scores.cost_per_1000),
            features: one.features.clone(),
            mean_score: figure(|scores| Some(scores.mean_score)),
            rows_changed: one.rows_changed,
            share_refused: figure(|scores| Some(scores.share_refused)),
        }
    }
}
