//! What a model file says about logged rows: whether the logged scores are the model's own, what another model would
//! have decided, which drift moved the score, and how the rows have shifted among the leaves of the trees.
//!
//! Rescoring knows nothing of drift: it adds one column to the rows of a window. Everything here is counted in integers
//! and can be merged.

mod attribution;
mod cause;
mod cause_columns;
mod cause_sample;
mod cause_search;
mod cause_trees;
mod column;
mod explain;
mod inputs;
mod kind;
mod leaf_baseline;
mod leaf_counts;
mod leaf_drift;
mod leaf_simulation;
mod logged_value;
mod mismatches;
mod missing_input;
mod other_model;
mod parity;
#[cfg(test)]
mod parity_tests;
mod precision;
mod quadrants;
mod replay;
mod rescorer;
mod restore;
mod row_judge;
mod score_shift;
mod scoring_model;
mod segments;
mod shift;
mod spelling;
mod unmeasured;

pub use attribution::{Attribution, AttributionTally, ContributionDrift};
pub use cause::{CausePlace, IterationsUsed, ParityCause, UnitRatio};
pub use cause_sample::ParitySample;
pub use cause_search::{LEAST_DIFFERING, Rereadings, find_cause};
pub use column::{Draws, ReferenceValues, SEED, SampleColumn, Sampling};
pub use explain::{Explanation, FeatureContribution, FeatureValue, ReferencePosition, explain};
pub use inputs::{model_inputs, value_inputs};
pub use kind::{column_of, kind_of, precision_of};
pub use leaf_baseline::LeafBaseline;
pub use leaf_counts::LeafCounts;
pub use leaf_drift::{LeafDrift, MovedFeature, MovedTree, NoPValue};
pub use logged_value::ScoreTolerance;
pub use missing_input::MissingInput;
pub use other_model::{ModelDifference, OtherModel};
pub use parity::{Example, Pair, Parity, ParityOptions, ParityTally};
pub use precision::LoggedPrecision;
pub use quadrants::{Quadrants, ScorePrice, ScoreSource, ScoreSums};
pub use replay::Replay;
pub use rescorer::Rescorer;
pub use restore::{RestorePlan, changed, restore};
pub use row_judge::RowJudge;
pub use score_shift::{
    DRAWS, DecisionTerms, ReferenceFigures, RestorableFeature, Restoration, Restorer, STRONG, ScoreShift, ScoreSummary,
};
pub use scoring_model::{ScoreKind, ScorePromise, ScoringModel};
pub use segments::FeatureSegments;
pub use shift::{SegmentShift, Shift, ShiftTally};
pub use spelling::trained_spelling;
pub use unmeasured::Unmeasured;
