//! What stories are made from: drift with findings, and what the reference knows about features together.

use vigie_profile::window::Window;

use crate::{
    drift::Drift,
    judge::{Finding, RepeatedBlock},
};

/// Mean score of a number among the rows with a level: takes the categorical feature, its level, and the number.
type LevelScoreFn<'a> = dyn Fn(usize, Option<&str>, usize) -> Option<f64> + 'a;

/// Input of [`super::stories()`].
#[derive(Clone, Copy)]
pub struct StoryCase<'a> {
    pub drift: &'a Drift,
    /// Those about features count.
    pub findings: &'a [Finding],
    /// By feature; `None` without a model.
    pub importance: &'a [Option<f64>],
    /// The window's time, if an onset inside it says something.
    pub window: Option<Window>,
    /// Features of one source: the beginning of their names, and their indices.
    pub blocks: &'a [(String, Vec<usize>)],
    /// Features that are missing in the same rows of the reference, by index.
    pub missing_together: &'a [Vec<usize>],
    /// Features related to a feature, with the correlation of their normal scores, strongest first.
    pub related: &'a dyn Fn(usize) -> Vec<(usize, f64)>,
    /// Correlation of the normal scores of a feature with whether another, the second, is missing.
    pub missing_with: &'a dyn Fn(usize, usize) -> Option<f64>,
    /// Mean normal score of a numeric feature, the second, among the rows with a level of a categorical one, or without any.
    pub level_score: &'a LevelScoreFn<'a>,
    /// Blocks in which many rows have the values of one row.
    pub repeated: &'a [RepeatedBlock],
}

impl<'a> StoryCase<'a> {
    /// The case in which nothing is known about features together.
    #[must_use]
    pub fn new(drift: &'a Drift, findings: &'a [Finding], importance: &'a [Option<f64>]) -> Self {
        Self {
            drift,
            findings,
            importance,
            window: None,
            blocks: &[],
            missing_together: &[],
            related: &|_| Vec::new(),
            missing_with: &|_, _| None,
            level_score: &|_, _, _| None,
            repeated: &[],
        }
    }

    pub(super) fn importance_of(&self, feature: usize) -> f64 {
        self.importance.get(feature).copied().flatten().unwrap_or(0.0)
    }
}
