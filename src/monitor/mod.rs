//! The story: what one run does from beginning to end. Read `run/check.rs` first.

mod ask;
mod history;
mod learn;
mod model;
mod run;
mod whole;

pub use ask::{
    connect::{Connected, LabelsFound, LabelsSeen, connect, connect_labels},
    explain::{Asked as ExplainAsked, Explained, Logged, explain},
    replay::{Range, Replayed, replay},
    score::{Output, Scoring, score},
};
pub use history::{
    by_labels::settle_labels,
    open_alerts::{index, open_alerts},
    rebuild::rebuild,
    settle::{Compose, RunResult, Settled, Tried, settle},
    tally::tally,
};
pub use learn::{
    learn::{Lesson, import, learn},
    training::STORED,
};
pub use run::{Asked, Checked, Looking, check, cost_curve, examine, open_reference, publish, terms_of};
