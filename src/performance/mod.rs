//! Cost of decisions and ranking power of the score: measured from labels, or estimated without them.

mod cost_curve;
mod estimate_check;
mod expected;
mod label_loss;
mod labels;
mod performance;
mod predictions;
mod realised;
mod segment_cost;
mod terms;
mod value_join;

pub use cost_curve::{CostAt, CostCurve};
pub use estimate_check::EstimateCheck;
pub use expected::{Band, Expected, ReferenceCost};
pub use label_loss::{LabelLoss, LabelProblem};
pub use labels::{Label, LabelCounts, LabelJoin, LabelledScore, OutcomeKind, UnlabelledRow};
pub use performance::{NoEstimate, Performance};
pub use predictions::{Predictions, RealisedPredictions};
pub use realised::{Realised, calibration_curve};
pub use segment_cost::SegmentCost;
pub use terms::{Terms, outcomes_by_risk};
pub use value_join::ValueJoin;
