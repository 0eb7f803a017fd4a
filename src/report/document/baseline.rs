//! The `baseline` section of `report.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vigie_profile::window::Instant;

use crate::{
    judge::{Pace, RecentVerdict},
    report::{BaselineReport, EarlierWindow, Report},
};

/// The window compared with the windows before it. It explains the verdict, which is that of the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineSection {
    /// In the order of the reference, without features that have too few windows to compare with.
    pub features: Vec<ReportedRecent>,
    /// Minimum number of windows to compare with.
    pub least: usize,
    /// Maximum number of windows to compare with.
    pub most: usize,
    /// Whether only windows of the same weekday and time of day count.
    pub same_weekday: bool,
    pub score: Option<ReportedRecent>,
    /// Windows whose counts were read, oldest first.
    pub windows: Vec<ReportedEarlier>,
}

/// An earlier window whose counts were used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedEarlier {
    pub from: Instant,
    /// Revision of its report at the time.
    pub revision: u32,
    pub to: Instant,
}

/// A feature, or the score, compared with the windows before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedRecent {
    /// Number of windows just before this one that are left out, because they differ from those before them.
    pub left_out: usize,
    /// Start of the first of them.
    pub left_out_since: Option<Instant>,
    pub name: String,
    /// How the drift from the reference has come about; null without drift, or without a verdict.
    pub pace: Option<Pace>,
    /// PSI against the sum of the windows before.
    pub psi: f64,
    /// Benjamini–Hochberg over the features.
    pub q_value: Option<f64>,
    /// Place of this PSI among those of the windows before, each against the others: 1 is the largest.
    pub rank: usize,
    /// Number of windows compared with.
    pub windows: usize,
}

impl BaselineSection {
    pub(super) fn new(report: &Report) -> Option<Self> {
        let baseline = report.baseline.as_ref()?;
        let judged = report.drift.features.iter().zip(&baseline.verdicts.features);
        let features = judged
            .filter_map(|(feature, verdict)| Some(ReportedRecent::new(baseline, &feature.name, verdict.as_ref()?)));
        Some(Self {
            features: features.collect(),
            least: baseline.least,
            most: baseline.most,
            same_weekday: baseline.same_weekday,
            score: baseline.verdicts.score.as_ref().map(|verdict| ReportedRecent::new(baseline, "score", verdict)),
            windows: baseline.windows.iter().map(ReportedEarlier::new).collect(),
        })
    }
}

impl ReportedEarlier {
    pub(super) fn new(earlier: &EarlierWindow) -> Self {
        Self { from: earlier.window.from, revision: earlier.revision, to: earlier.window.to }
    }
}

impl ReportedRecent {
    fn new(baseline: &BaselineReport, name: &str, verdict: &RecentVerdict) -> Self {
        let drift = verdict.drift;
        Self {
            left_out: drift.left_out,
            left_out_since: baseline.left_out_since(verdict),
            name: name.to_owned(),
            pace: verdict.pace,
            psi: drift.psi,
            q_value: verdict.q_value,
            rank: drift.rank,
            windows: drift.windows,
        }
    }
}
