//! The `stale` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

use super::baseline::ReportedEarlier;
use crate::{
    judge::{BlockRepeat, StaleBlock},
    report::Report,
};

/// Rows compared with those of the previous window, block by block: a source may return old answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaleSection {
    /// The blocks that repeat rows of the previous window, most rows first.
    pub blocks: Vec<ReportedStale>,
    /// All blocks that were compared.
    pub compared: Vec<ReportedRepeat>,
    pub previous: ReportedEarlier,
}

/// A block of features that repeats rows of the previous window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedStale {
    /// Prefix of the names of its features.
    pub block: String,
    /// Number of its features.
    pub features: usize,
    /// Share of the rows that could be compared.
    pub share: f64,
    /// Start of the first window since which this has been so.
    pub since: Instant,
}

/// The rows of a block compared with those of the previous window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedRepeat {
    /// Empty for the features outside all blocks.
    pub block: String,
    /// Whether all rows were compared, not a sample.
    pub exact: bool,
    /// The features whose values were compared.
    pub features: Vec<String>,
    /// Rows that repeat one of the previous window.
    pub matches: u64,
    /// Probability of as many if rows agree across the windows as often as within them.
    pub p_value: f64,
    /// Rows compared: without missing values alone, and without the values of 1% of all rows.
    pub rows: u64,
    /// `matches` in proportion to `rows`; null without rows.
    pub share: Option<f64>,
    /// The share that repeats in all other blocks as well: applicants who come again.
    pub whole_rows: f64,
}

impl StaleSection {
    pub(super) fn new(report: &Report) -> Option<Self> {
        let repeats = report.repeats.as_ref()?;
        let name = |feature: &usize| Some(report.drift.features.get(*feature)?.name.clone());
        let one = |repeat: &BlockRepeat| ReportedRepeat {
            block: repeat.block.clone(),
            exact: repeat.counts.is_exact,
            features: repeat.features.iter().filter_map(name).collect(),
            matches: repeat.counts.matched_rows,
            p_value: repeat.p_value,
            rows: repeat.counts.rows,
            share: repeat.share,
            whole_rows: repeat.whole_rows,
        };
        Some(Self {
            blocks: repeats.stale.iter().map(ReportedStale::new).collect(),
            compared: repeats.blocks.iter().map(one).collect(),
            previous: ReportedEarlier::new(&repeats.previous),
        })
    }
}

impl ReportedStale {
    fn new(stale: &StaleBlock) -> Self {
        let StaleBlock { block, features, share, since } = stale;
        Self { block: block.clone(), features: *features, share: *share, since: *since }
    }
}
