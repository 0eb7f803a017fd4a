//! `challenger` of the `replay` section: the logged decisions compared with those of another model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    drift::FeatureDrift,
    replay::{Quadrants, ScoreSource, ScoreSums, SegmentShift, Shift},
    report::words::Language,
};

/// Logged decisions compared with those of another model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChallengerSection {
    pub cost: ChallengerCost,
    pub decisions_changed: DecisionsChanged,
    pub expected_cost_change: CostChanges,
    pub mean_score: LoggedAndReplayed,
    pub refused_share: LoggedAndReplayed,
    pub rows: u64,
    /// Distance of the new scores from the logged ones.
    pub score_shift: Option<ScoreDistance>,
    /// Segments with at least one row.
    pub segments: Vec<ChallengerSegment>,
}

/// Rows with one level, or in one bin, of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChallengerSegment {
    /// Rows accepted in the log that the new model refuses.
    pub accepted_to_refused: u64,
    pub expected_cost_change: CostChanges,
    pub feature: String,
    pub mean_score: LoggedAndReplayed,
    pub refused_share: LoggedAndReplayed,
    /// Rows refused in the log that the new model accepts.
    pub refused_to_accepted: u64,
    pub rows: u64,
    pub segment: String,
}

/// A value by the logged scores and by those of the model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedAndReplayed {
    pub logged: Option<f64>,
    pub replayed: Option<f64>,
}

/// Cost of wrong decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChallengerCost {
    /// Cost of accepting a row whose outcome is positive.
    pub false_negative: f64,
    /// Cost of refusing a row whose outcome is negative.
    pub false_positive: f64,
    /// The probability that expected costs are based on.
    pub probability: String,
}

/// Rows with another decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionsChanged {
    pub accepted_to_refused: DecisionChange,
    pub refused_to_accepted: DecisionChange,
}

/// Rows whose decision changes one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionChange {
    pub expected_cost: DecisionCosts,
    pub rows: u64,
}

/// Expected cost by the probability that each score states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionCosts {
    pub by_logged: DecisionCost,
    pub by_replayed: DecisionCost,
}

/// Expected cost of both decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionCost {
    pub logged_decision: Option<f64>,
    pub new_decision: Option<f64>,
}

/// Expected cost of the new decisions minus that of the logged ones, by the probability that each score states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostChanges {
    pub by_logged: Option<f64>,
    pub by_replayed: Option<f64>,
}

/// Distance between two distributions of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreDistance {
    pub ks: Option<ScoreKs>,
    /// Population stability index.
    pub psi: Option<f64>,
}

/// Kolmogorov–Smirnov distance, which lies between the two values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreKs {
    pub statistic: f64,
    pub upper_bound: f64,
}

impl ChallengerSection {
    pub(crate) fn new(shift: &Shift) -> Self {
        let quadrants = &shift.quadrants;
        Self {
            cost: ChallengerCost {
                false_negative: shift.price.of_error.false_negative,
                false_positive: shift.price.of_error.false_positive,
                probability: Language::English.labels().challenger_costs.to_owned(),
            },
            decisions_changed: DecisionsChanged {
                accepted_to_refused: DecisionChange::new(&quadrants.now_refused, (false, true), shift),
                refused_to_accepted: DecisionChange::new(&quadrants.now_accepted, (true, false), shift),
            },
            expected_cost_change: CostChanges::new(shift, quadrants),
            mean_score: mean_score(quadrants),
            refused_share: share_refused(quadrants),
            rows: quadrants.all().rows,
            score_shift: shift.score.as_ref().map(ScoreDistance::new),
            segments: shift.segments.iter().map(|segment| ChallengerSegment::new(segment, shift)).collect(),
        }
    }
}

impl ChallengerSegment {
    fn new(segment: &SegmentShift, shift: &Shift) -> Self {
        let quadrants = &segment.quadrants;
        Self {
            accepted_to_refused: quadrants.now_refused.rows,
            expected_cost_change: CostChanges::new(shift, quadrants),
            feature: segment.feature.clone(),
            mean_score: mean_score(quadrants),
            refused_share: share_refused(quadrants),
            refused_to_accepted: quadrants.now_accepted.rows,
            rows: quadrants.all().rows,
            segment: segment.label.clone(),
        }
    }
}

impl DecisionChange {
    fn new(sums: &ScoreSums, (was, is): (bool, bool), shift: &Shift) -> Self {
        let cost = |by| DecisionCost {
            logged_decision: Some(sums.cost(was, by, shift.price)),
            new_decision: Some(sums.cost(is, by, shift.price)),
        };
        let (by_logged, by_replayed) = (cost(ScoreSource::Logged), cost(ScoreSource::Replayed));
        Self { expected_cost: DecisionCosts { by_logged, by_replayed }, rows: sums.rows }
    }
}

impl CostChanges {
    fn new(shift: &Shift, quadrants: &Quadrants) -> Self {
        Self {
            by_logged: Some(shift.cost_change(quadrants, ScoreSource::Logged)),
            by_replayed: Some(shift.cost_change(quadrants, ScoreSource::Replayed)),
        }
    }
}

impl ScoreDistance {
    fn new(score: &FeatureDrift) -> Self {
        let ks = score.ks.as_ref();
        Self { ks: ks.map(|ks| ScoreKs { statistic: ks.statistic, upper_bound: ks.upper_bound }), psi: score.psi.value }
    }
}

fn mean_score(quadrants: &Quadrants) -> LoggedAndReplayed {
    let all = quadrants.all();
    LoggedAndReplayed { logged: all.mean(ScoreSource::Logged), replayed: all.mean(ScoreSource::Replayed) }
}

fn share_refused(quadrants: &Quadrants) -> LoggedAndReplayed {
    LoggedAndReplayed {
        logged: quadrants.share_refused(ScoreSource::Logged),
        replayed: quadrants.share_refused(ScoreSource::Replayed),
    }
}
