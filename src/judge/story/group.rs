//! A feature with findings, and a group of such features before it becomes a story.

use super::{StoryKind, StoryReason, StorySide};
use crate::{
    drift::{Change, FeatureDrift},
    judge::{Severity, Test},
};

/// A feature with at least one finding.
#[derive(Debug, Clone)]
pub(super) struct Suspect<'a> {
    /// Index in the drift's features.
    pub index: usize,
    pub drift: &'a FeatureDrift,
    pub change: Change,
    pub severity: Severity,
    /// Tests over their limit, strongest first.
    pub tests: Vec<Test>,
    /// The strongest value as a share of its limit.
    pub effect: f64,
    pub importance: f64,
}

impl Suspect<'_> {
    pub(super) fn kind(&self) -> StoryKind {
        StoryKind::new(&self.change)
    }

    /// Share of rows that changed; all of them for a change without an extent.
    pub(super) fn extent(&self) -> f64 {
        self.change.extent().unwrap_or(1.0)
    }
}

/// Suspects that changed in the same way.
#[derive(Debug, Clone)]
pub(super) struct SuspectGroup<'a> {
    /// In any order.
    pub suspects: Vec<Suspect<'a>>,
    /// Index of the block of names that they are.
    pub block: Option<usize>,
    pub side: StorySide,
    pub reasons: Vec<StoryReason>,
    /// Index of the feature that leads, if it is not the worst and most important one.
    pub lead: Option<usize>,
}

impl<'a> SuspectGroup<'a> {
    pub(super) fn new(suspects: Vec<Suspect<'a>>) -> Self {
        Self { suspects, block: None, side: StorySide::Unknown, reasons: Vec::new(), lead: None }
    }

    pub(super) fn kind(&self) -> Option<StoryKind> {
        self.suspects.first().map(Suspect::kind)
    }
}
