//! A reference: the layout windows are counted on, its own counts, and where it comes from.

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use vigie_profile::{
    layout::{Layout, Precision},
    profile::{Counts, Profile},
};

use super::{
    ByOutcome, Contributions, Provenance, SourceFile, SourceModel, blocks, segments::Stored, shelf::Shelf,
    workers::on_cores,
};
use crate::fault::{Fault, Result};

/// Sorted distinct values with counts.
type Distinct = Vec<(f64, u64)>;

/// Learnt by [`super::learn()`], stored in one file.
#[derive(Debug, Clone)]
pub struct Reference {
    layout: Layout,
    profile: Profile,
    provenance: Provenance,
    /// Importance of each feature in the model; `None` until a model was read.
    importance: Vec<Option<f64>>,
    shelf: Shelf,
    /// The score's values once they were asked for, as every comparison does.
    score: Arc<OnceLock<Option<Distinct>>>,
    contributions: Option<Contributions>,
    /// Rows that came true, and rows that did not, where a target says so: two more blocks on the shelf.
    outcomes: Option<(u64, u64)>,
    segments: Option<Stored>,
    /// Made when it is asked for.
    id: OnceLock<String>,
}

impl Reference {
    pub(super) fn new(
        layout: Layout,
        profile: Profile,
        provenance: Provenance,
        importance: Vec<Option<f64>>,
        shelf: Shelf,
    ) -> Self {
        let (score, id) = (Arc::default(), OnceLock::new());
        Self {
            layout,
            profile,
            provenance,
            importance,
            shelf,
            score,
            contributions: None,
            outcomes: None,
            segments: None,
            id,
        }
    }

    /// With what a model says of the reference's rows: each feature's importance, and how its contributions are spread.
    #[must_use]
    pub fn explained(mut self, name: String, contributions: Contributions) -> Self {
        self.importance = contributions.features.iter().map(|feature| Some(feature.mean_abs)).collect();
        let (sha256, rows_explained) = (contributions.model_sha256.clone(), contributions.rows);
        self.provenance.model = Some(SourceModel { name, sha256, rows_explained });
        self.with_contributions(contributions)
    }

    pub(super) fn with_contributions(mut self, contributions: Contributions) -> Self {
        self.contributions = Some(contributions);
        self.id = OnceLock::new();
        self
    }

    pub(super) fn with_outcomes(mut self, rows: (u64, u64)) -> Self {
        self.outcomes = Some(rows);
        self.id = OnceLock::new();
        self
    }

    pub(super) fn with_stored_segments(mut self, stored: Stored) -> Self {
        self.segments = Some(stored);
        self.id = OnceLock::new();
        self
    }

    pub(super) fn with_segments(mut self, stored: Stored, blocks: Vec<Vec<u8>>) -> Option<Self> {
        self.shelf = self.shelf.with(blocks)?;
        Some(self.with_stored_segments(stored))
    }

    pub(super) fn stored_segments(&self) -> Option<&Stored> {
        self.segments.as_ref()
    }

    pub(super) fn rows_by_outcome(&self) -> Option<(u64, u64)> {
        self.outcomes
    }

    /// Whether a target was learnt, so that performance can be estimated without labels.
    #[must_use]
    pub fn has_outcomes(&self) -> bool {
        self.outcomes.is_some()
    }

    /// Scores by what became of them; `None` where no target was learnt, a fault where the file is damaged.
    pub fn outcomes(&self) -> Result<Option<ByOutcome>> {
        if self.outcomes.is_none() {
            return Ok(None);
        }
        let after = self.layout.features().len() + 1;
        let block = |number: usize| blocks::unpack(self.shelf.block(after + number)?.as_ref(), Precision::F64);
        let mut blocks = on_cores(2, 1, &block).into_iter();
        match (blocks.next().flatten(), blocks.next().flatten()) {
            (Some(positives), Some(negatives)) => Ok(Some(ByOutcome { positives, negatives })),
            _ => Err(Fault::setup(self.damaged())),
        }
    }

    /// How much each feature adds to the score, where a model was read.
    #[must_use]
    pub fn contributions(&self) -> Option<&Contributions> {
        self.contributions.as_ref()
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The reference's own counts.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Names the files it was learnt from, which decide no number.
    pub fn made_from(&mut self, files: Vec<SourceFile>) {
        self.provenance.files = files;
    }

    /// In the order of the layout's features.
    #[must_use]
    pub fn importance(&self) -> &[Option<f64>] {
        &self.importance
    }

    /// 16 hex digits of everything that decides a number of the report: layout, counts and values, not the time.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.get_or_init(|| {
            identify(&self.layout, &self.profile, &self.shelf, self.contributions.as_ref(), self.segments.as_ref())
        })
    }

    /// Sorted distinct values of a numeric feature with counts; `None` when its block is damaged.
    #[must_use]
    pub fn values(&self, feature: usize) -> Option<Vec<(f64, u64)>> {
        blocks::unpack(self.shelf.block(feature)?.as_ref(), self.layout.precision())
    }

    /// Sorted distinct values of the score with counts; `None` when the reference has none, or its block is damaged.
    #[must_use]
    pub fn score_values(&self) -> Option<&[(f64, u64)]> {
        let unpacked = || blocks::unpack(self.shelf.block(self.layout.features().len())?.as_ref(), Precision::F64);
        self.score.get_or_init(unpacked).as_deref()
    }

    /// Rows with a score, and those at or above `threshold`; `None` as of [`Self::score_values`].
    #[must_use]
    pub fn refused(&self, threshold: f64) -> Option<(u64, u64)> {
        let values = self.score_values()?;
        let rows = values.iter().map(|(_, count)| count).sum();
        let refused = values.iter().filter(|(score, _)| *score >= threshold).map(|(_, count)| count).sum();
        Some((rows, refused))
    }

    /// What to say where values are asked for that are not there.
    #[must_use]
    pub fn damaged(&self) -> String {
        format!("reference: {}", damaged(self.shelf.name()))
    }

    pub(super) fn shelf(&self) -> &Shelf {
        &self.shelf
    }
}

/// The sentence about a file that is not what was written.
pub(super) fn damaged(name: &str) -> String {
    format!("{name} is cut short or damaged; copy it again or learn it again with `vigie learn`")
}

fn identify(
    layout: &Layout,
    profile: &Profile,
    shelf: &Shelf,
    contributions: Option<&Contributions>,
    segments: Option<&Stored>,
) -> String {
    let mut sha = Sha256::new();
    sha.update(layout.id().to_string().as_bytes());
    sha.update(profile.rows().to_le_bytes());
    // A feature's counts at once: a hash takes long over many little pieces.
    let mut bytes = Vec::new();
    let mut counts = |counts: &[u64], missing: u64| {
        bytes.clear();
        bytes.extend(counts.iter().chain([&missing]).flat_map(|count| count.to_le_bytes()));
        sha.update(&bytes);
    };
    for feature in profile.features() {
        if let Counts::Numeric(feature) = feature {
            counts(feature.cells(), feature.missing());
        }
    }
    if let Some(score) = profile.score() {
        counts(score.cells(), score.missing());
    }
    for feature in profile.features() {
        if let Counts::Categorical(feature) = feature {
            counts(feature.levels(), feature.missing());
        }
    }
    if let Some(contributions) = contributions {
        sha.update(contributions.model_sha256.as_bytes());
        sha.update(contributions.rows.to_le_bytes());
    }
    // Values, scores, and what became of them: a corrected target changes two blocks and nothing else.
    for (length, sum) in shelf.sums() {
        sha.update(length.to_le_bytes());
        sha.update(sum.to_le_bytes());
    }
    for (definition, rows) in segments.into_iter().flat_map(Stored::each) {
        sha.update(definition.as_bytes());
        sha.update(rows.to_le_bytes());
    }
    sha.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
