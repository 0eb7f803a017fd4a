//! What decisions cost, and how well the score tells who will not pay: known from labels, or expected without them.

mod against;
mod cost_curve;
mod expected;
mod labels;
mod performance;
mod realised;
mod segment_cost;

pub use against::Against;
pub use cost_curve::{CostAt, CostCurve};
pub use expected::{Band, Expected, ReferenceCost};
pub use labels::{Label, Labelled, Labels, Settled};
pub use performance::{Performance, Terms, Unexpected};
pub use realised::Realised;
pub use segment_cost::SegmentCost;
