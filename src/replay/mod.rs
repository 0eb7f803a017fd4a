//! What a model file says of logged rows: whether their scores are its own, what another model would have decided, and
//! which drift moved the score.
//!
//! A scorer that knows nothing of drift adds one column to the rows of a window; everything here is counted in
//! integers, and merges.

mod attribution;
mod column;
mod excess;
mod grain;
mod kind;
mod parity;
mod quadrants;
mod reasons;
mod replay;
mod rescorer;
mod restore;
mod score_shift;
mod segments;
mod shift;
mod spelling;
mod written;

pub use attribution::{Attribution, AttributionTally, ContributionDrift};
pub use column::{Column, Draws, Holding, SEED, Taking};
pub use kind::kind_of;
pub use parity::{Example, Pair, Parity, ParityTally, Reading};
pub use quadrants::{Quadrants, Score, Sums};
pub use reasons::{Beside, Explanation, Given, Reason, explain};
pub use replay::Replay;
pub use rescorer::Rescorer;
pub use restore::{Moved, changed, restore};
pub use score_shift::{Candidate, DRAWS, Known, Restored, Restorer, STRONG, ScoreShift, Standing, Terms};
pub use segments::Segments;
pub use shift::{Segment, Shift, ShiftTally};
