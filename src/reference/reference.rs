//! A reference: the layout windows are counted on, its own counts, and where it comes from.

use sha2::{Digest, Sha256};

use super::{Contributions, Provenance, SourceModel, blocks};
use crate::{
    layout::{Layout, Precision},
    profile::{CellCounts, Counts, Profile},
};

/// Learnt by [`super::learn()`], stored in one file.
#[derive(Debug, Clone)]
pub struct Reference {
    layout: Layout,
    profile: Profile,
    provenance: Provenance,
    /// Importance of each feature in the model; `None` until a model was read.
    importance: Vec<Option<f64>>,
    /// Packed distinct values: one a feature (empty for categorical ones), then the score.
    blocks: Vec<Vec<u8>>,
    contributions: Option<Contributions>,
    id: String,
}

impl Reference {
    pub(super) fn new(
        layout: Layout,
        profile: Profile,
        provenance: Provenance,
        importance: Vec<Option<f64>>,
        blocks: Vec<Vec<u8>>,
    ) -> Self {
        let id = identify(&layout, &profile, None);
        Self { layout, profile, provenance, importance, blocks, contributions: None, id }
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
        self.id = identify(&self.layout, &self.profile, Some(&contributions));
        self.contributions = Some(contributions);
        self
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

    /// In the order of the layout's features.
    #[must_use]
    pub fn importance(&self) -> &[Option<f64>] {
        &self.importance
    }

    /// 16 hex digits of everything that decides a number of the report: layout and counts, not the time.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sorted distinct values of a numeric feature with counts; `None` when its block is damaged.
    #[must_use]
    pub fn values(&self, feature: usize) -> Option<Vec<(f64, u64)>> {
        blocks::unpack(self.blocks.get(feature)?, self.layout.precision())
    }

    /// Sorted distinct values of the score with counts.
    #[must_use]
    pub fn score_values(&self) -> Option<Vec<(f64, u64)>> {
        blocks::unpack(self.blocks.get(self.layout.features().len())?, Precision::F64)
    }

    /// Rows with a score, and those at or above `threshold`.
    #[must_use]
    pub fn refused(&self, threshold: f64) -> Option<(u64, u64)> {
        let values = self.score_values()?;
        let rows = values.iter().map(|(_, count)| count).sum();
        let refused = values.iter().filter(|(score, _)| *score >= threshold).map(|(_, count)| count).sum();
        Some((rows, refused))
    }

    pub(super) fn blocks(&self) -> &[Vec<u8>] {
        &self.blocks
    }
}

fn identify(layout: &Layout, profile: &Profile, contributions: Option<&Contributions>) -> String {
    let mut sha = Sha256::new();
    sha.update(layout.id().to_string().as_bytes());
    sha.update(profile.rows().to_le_bytes());
    let mut cells = |counts: &CellCounts| {
        counts.cells().iter().chain([&counts.missing()]).for_each(|count| sha.update(count.to_le_bytes()));
    };
    for counts in profile.features() {
        if let Counts::Numeric(counts) = counts {
            cells(counts);
        }
    }
    if let Some(score) = profile.score() {
        cells(score);
    }
    for counts in profile.features() {
        if let Counts::Categorical(counts) = counts {
            counts.levels().iter().chain([&counts.missing()]).for_each(|count| sha.update(count.to_le_bytes()));
        }
    }
    if let Some(contributions) = contributions {
        sha.update(contributions.model_sha256.as_bytes());
        sha.update(contributions.rows.to_le_bytes());
    }
    sha.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
