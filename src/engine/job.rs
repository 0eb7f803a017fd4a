//! Parameters of counting a window.

use vigie_profile::{
    decision::{DecisionRule, DecisionWords},
    layout::Layout,
    repeat::RepeatPlan,
    segment::Segments,
    window::Window,
};

use super::{Eligibility, Sample, threads::Progress};
use crate::source::Log;

/// A window to count, and how to count it.
#[derive(Clone, Copy)]
pub struct CountJob<'a> {
    pub log: &'a Log,
    pub layout: &'a Layout,
    pub window: Window,
    pub rule: &'a Eligibility,
    /// Decides the rows without a logged decision.
    pub decision: DecisionRule,
    /// What the words of logged decisions mean; `None` if the config maps none.
    pub words: Option<&'a DecisionWords>,
    /// Factor that the reader multiplies logged scores by.
    pub score_unit: f64,
    /// Whether to keep the scores of the used rows as well as their counts, at eight bytes per row.
    pub keeps_scores: bool,
    /// Sample of rows to keep for a later scan, where records are read whole.
    pub sample: Option<Sample>,
    /// Segments to count in addition to all rows.
    pub segments: Option<&'a Segments>,
    /// Blocks of features whose rows are hashed; those of a block are read together.
    pub repeats: Option<&'a RepeatPlan>,
    pub threads: usize,
    pub progress: Progress<'a>,
}
