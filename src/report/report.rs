//! Everything a run found out, as plain values: JSON and HTML are two ways to say it.

use vigie_profile::{
    batch::Complaints,
    profile::Traffic,
    window::{Instant, Window},
};

use crate::{
    drift::{Drift, Segmented},
    judge::{Policy, SegmentVerdict, Verdict},
    performance::Performance,
    reference::{Holdout, Provenance},
    replay::{Attribution, Replay, ScoreShift},
};

/// Who made the report from what, and when. All that may differ between two runs over the same rows
/// stands here and nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub revision: u32,
    pub created_at: Instant,
    pub vigie_version: String,
    pub config_sha256: String,
    pub reference_id: String,
    pub model: Model,
    pub threads: usize,
    pub files: usize,
    /// Files beside the log that were not read, in one sentence.
    pub passed_over: Option<String>,
    /// Wall time from the first look at the log to the verdict.
    pub seconds: f64,
    /// Of them, those that attribution took.
    pub attribution_seconds: Option<f64>,
}

/// The model watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub name: String,
    pub version: Option<String>,
    /// Of its file, when the config names one.
    pub sha256: Option<String>,
    /// Refused at or above.
    pub threshold: f64,
}

/// The window, and what became of its records.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    pub window: Window,
    /// Records left out by `where`: not this model's requests.
    pub filtered: u64,
    pub complaints: Complaints,
    pub unreadable: Vec<String>,
    /// The later complete windows, as one, which hold no record; when no window was asked for.
    pub empty_later: Option<Window>,
    /// Mapped fields that no record has, though they are not needed.
    pub lacking: Vec<String>,
}

/// A run, said out loud.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub run: Run,
    pub examined: Examined,
    pub reference: Provenance,
    pub policy: Policy,
    pub drift: Drift,
    pub verdict: Verdict,
    /// By feature; `None` until a model was read.
    pub importance: Vec<Option<f64>>,
    pub traffic: Traffic,
    /// Rows that another version of the model answered, measured apart (no verdict).
    pub other_version: Option<Drift>,
    /// Logged scores against those of the model file, where there is one.
    pub replay: Option<Replay>,
    /// Drift of the features' contributions to the score, where the policy asks for it.
    pub attribution: Option<Attribution>,
    /// Which drift moved the score, where the policy asks for it; `Err` says why that could not be measured.
    pub score_shift: Option<Result<ScoreShift, String>>,
    /// What decisions cost and how well the score ranks, where the log has one.
    pub performance: Option<Performance>,
    /// Rows that were looked at apart.
    pub segments: Option<Apart>,
}

/// Segments, measured and judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Apart {
    pub drift: Segmented,
    /// Of each.
    pub verdicts: Vec<SegmentVerdict>,
}

impl Report {
    /// All records of the window that `where` lets through.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.drift.n_window + self.examined.complaints.rejected_rows()
    }

    /// Whether the reference's rows were held out of training: only then are known outcomes held against its own.
    #[must_use]
    pub fn is_holdout(&self) -> bool {
        self.reference.holdout == Holdout::Yes
    }

    /// `credit-default/20261001T000000Z_20261002T000000Z`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.run.model.name, self.examined.window.folder())
    }
}
