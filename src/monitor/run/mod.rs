//! One run: scan, count, compare, judge, report. Read `check.rs` first.

pub(crate) mod attribution;
pub(crate) mod attribution_mode;
mod changes;
pub(crate) mod check;
pub(crate) mod context;
pub(crate) mod first_check;
pub(crate) mod history;
pub(crate) mod inputs;
pub(crate) mod judge;
pub(crate) mod leaf_mode;
pub(crate) mod leaves;
pub(crate) mod left_out;
pub(crate) mod parity_cause;
pub(crate) mod parity_request;
pub(crate) mod performance;
pub(crate) mod predictions;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod rescore;
pub(crate) mod score_field;
pub(crate) mod score_shift;
mod skew;
pub(crate) mod stories;

pub(crate) use check::examine_window;
pub use check::{RunOutput, check, examine, examine_again, publish};
pub use context::{open_reference, subjects};
pub use first_check::{first_check_notes, is_first_check};
pub use performance::{cost_curve, terms_or_default};
pub use request::{RunRequest, ScanOptions};
