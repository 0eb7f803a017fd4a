//! One run: look, count, compare, judge, tell. Read `check.rs` first.

pub(crate) mod attribution;
pub(crate) mod check;
pub(crate) mod lookout;
pub(crate) mod needs;
pub(crate) mod performance;
pub(crate) mod rescore;
pub(crate) mod score_shift;
pub(crate) mod tell;
pub(crate) mod weigh;

pub use check::{Asked, Checked, Looking, check, examine, publish};
pub use lookout::open_reference;
pub use performance::{cost_curve, terms_of};
