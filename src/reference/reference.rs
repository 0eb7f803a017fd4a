//! A reference: the layout that windows are counted on, its own counts, and its provenance.

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use vigie_profile::{
    decision::DecisionRule,
    layout::{Layout, Precision},
    profile::{Counts, Profile},
};

use super::{
    Contributions, FeatureDescription, NameBlock, Provenance, Relations, ScoresByOutcome, SourceFile, SourceModel,
    block_store::BlockStore, blocks, name_blocks::name_blocks, stored_segments::StoredSegments, workers::map_on_cores,
};
use crate::fault::{Fault, Result};

/// Sorted distinct values with counts.
type Distinct = Vec<(f64, u64)>;

/// Created by [`super::learn()`] and stored in one file.
#[derive(Debug, Clone)]
pub struct Reference {
    layout: Layout,
    profile: Profile,
    provenance: Provenance,
    /// Importance of each feature in the model; `None` without a model.
    importance: Vec<Option<f64>>,
    block_store: BlockStore,
    /// The score's values, loaded on first use.
    score: Arc<OnceLock<Option<Distinct>>>,
    contributions: Option<Contributions>,
    /// Numbers of positive and negative rows, if a target was learnt; their scores are in two more blocks.
    outcomes: Option<(u64, u64)>,
    segments: Option<StoredSegments>,
    relations: Option<Relations>,
    /// Index of the block with the leaves of the reference rows, if they were counted.
    leaf_block: Option<usize>,
    /// What a data dictionary says about each feature; empty without one.
    descriptions: Vec<Option<FeatureDescription>>,
    /// Computed on first use.
    id: OnceLock<String>,
}

impl Reference {
    pub(super) fn new(
        layout: Layout,
        profile: Profile,
        provenance: Provenance,
        importance: Vec<Option<f64>>,
        block_store: BlockStore,
    ) -> Self {
        let (score, id) = (Arc::default(), OnceLock::new());
        Self {
            layout,
            profile,
            provenance,
            importance,
            block_store,
            score,
            contributions: None,
            outcomes: None,
            segments: None,
            relations: None,
            leaf_block: None,
            descriptions: Vec::new(),
            id,
        }
    }

    /// Adds a model's explanation of the reference rows: importance and distribution of contributions.
    #[must_use]
    pub fn with_explanation(mut self, contributions: Contributions) -> Self {
        self.importance = contributions.features.iter().map(|feature| Some(feature.mean_abs)).collect();
        self.with_contributions(contributions)
    }

    /// States which model the reference was learnt with. It changes no number, so the id stays.
    #[must_use]
    pub fn with_model(mut self, model: SourceModel) -> Self {
        self.provenance.model = Some(model);
        self
    }

    /// Sets the importance of each feature in a model that vigie cannot read.
    #[must_use]
    pub fn with_importance(mut self, importance: Vec<Option<f64>>) -> Self {
        self.importance = importance;
        self.id = OnceLock::new();
        self
    }

    /// Counts missing levels of windows as the word with which the application replaces them, for each feature whose
    /// reference rows have that word but no missing value.
    pub fn count_missing_as(&mut self, word: impl Fn(&str) -> Option<String>) {
        let counts = self.profile.features();
        self.layout.count_missing_as(|index, feature| match counts.get(index) {
            Some(Counts::Categorical(counts)) if counts.missing() == 0 => word(&feature.name),
            _ => None,
        });
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

    pub(super) fn with_stored_segments(mut self, stored: StoredSegments) -> Self {
        self.segments = Some(stored);
        self.id = OnceLock::new();
        self
    }

    /// Adds relations between features. They group findings but change no number, so the id stays.
    pub(super) fn with_relations(mut self, relations: Relations) -> Self {
        self.relations = Some(relations);
        self
    }

    /// `descriptions`: one for each feature, or none at all.
    pub(super) fn with_descriptions(mut self, descriptions: Vec<Option<FeatureDescription>>) -> Self {
        self.descriptions = descriptions;
        self
    }

    pub(super) fn with_segments(mut self, stored: StoredSegments, blocks: Vec<Vec<u8>>) -> Option<Self> {
        self.block_store = self.block_store.append(blocks)?;
        Some(self.with_stored_segments(stored))
    }

    pub(super) fn stored_segments(&self) -> Option<&StoredSegments> {
        self.segments.as_ref()
    }

    pub(super) fn with_leaf_block_at(mut self, index: usize) -> Self {
        self.leaf_block = Some(index);
        self.id = OnceLock::new();
        self
    }

    pub(super) fn with_leaf_block(mut self, block: Vec<u8>) -> Option<Self> {
        let index = self.block_store.len();
        self.block_store = self.block_store.append(vec![block])?;
        Some(self.with_leaf_block_at(index))
    }

    pub(super) fn leaf_block(&self) -> Option<usize> {
        self.leaf_block
    }

    pub(super) fn rows_by_outcome(&self) -> Option<(u64, u64)> {
        self.outcomes
    }

    /// Returns whether a target was learnt, so that performance can be estimated without labels.
    #[must_use]
    pub fn has_outcomes(&self) -> bool {
        self.outcomes.is_some()
    }

    /// Scores by outcome; `None` if no target was learnt, an error if the file is damaged.
    pub fn outcomes(&self) -> Result<Option<ScoresByOutcome>> {
        if self.outcomes.is_none() {
            return Ok(None);
        }
        let after = self.layout.features().len() + 1;
        let block = |index: usize| blocks::unpack(self.block_store.block(after + index)?.as_ref(), Precision::F64);
        let mut blocks = map_on_cores(2, 1, &block).into_iter();
        match (blocks.next().flatten(), blocks.next().flatten()) {
            (Some(positives), Some(negatives)) => Ok(Some(ScoresByOutcome { positives, negatives })),
            _ => Err(Fault::setup(self.damaged_message())),
        }
    }

    /// Blocks of features whose names have a common beginning.
    #[must_use]
    pub fn name_blocks(&self) -> Vec<NameBlock> {
        name_blocks(self.layout.features().iter().map(|feature| feature.name.as_str()))
    }

    /// Relations between features over the reference rows; `None` in references of earlier versions and those made from bins
    /// alone.
    #[must_use]
    pub fn relations(&self) -> Option<&Relations> {
        self.relations.as_ref()
    }

    /// Contributions of each feature to the score, if the reference has a model.
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

    /// Sets the files it was learnt from, which do not affect any number.
    pub fn set_files(&mut self, files: Vec<SourceFile>) {
        self.provenance.files = files;
    }

    /// Importance by feature, in layout order.
    #[must_use]
    pub fn importance(&self) -> &[Option<f64>] {
        &self.importance
    }

    /// Adds what a data dictionary says about each feature, in layout order. It changes no number, so the id stays.
    #[must_use]
    pub fn with_dictionary(self, descriptions: Vec<Option<FeatureDescription>>) -> Self {
        let is_empty = descriptions.iter().all(Option::is_none);
        self.with_descriptions(if is_empty { Vec::new() } else { descriptions })
    }

    /// Returns what the data dictionary says about a feature, by index.
    #[must_use]
    pub fn description(&self, feature: usize) -> Option<&FeatureDescription> {
        self.descriptions.get(feature)?.as_ref()
    }

    /// Returns what a data dictionary says about each feature, in layout order; empty without one.
    #[must_use]
    pub fn descriptions(&self) -> &[Option<FeatureDescription>] {
        &self.descriptions
    }

    /// Identifies everything that affects the report's numbers (layout, counts, values; not the time) by 16 hex digits.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.get_or_init(|| {
            compute_id(
                &self.layout,
                &self.profile,
                &self.block_store,
                (self.contributions.as_ref(), &self.importance),
                self.segments.as_ref(),
            )
        })
    }

    /// Sorted distinct values of a numeric feature with counts; `None` if its block is damaged.
    #[must_use]
    pub fn values(&self, feature: usize) -> Option<Vec<(f64, u64)>> {
        blocks::unpack(self.block_store.block(feature)?.as_ref(), self.layout.precision())
    }

    /// Sorted distinct values of the score with counts; `None` if there is no score or its block is damaged.
    #[must_use]
    pub fn score_values(&self) -> Option<&[(f64, u64)]> {
        let unpacked =
            || blocks::unpack(self.block_store.block(self.layout.features().len())?.as_ref(), Precision::F64);
        self.score.get_or_init(unpacked).as_deref()
    }

    /// Number of rows with a score, and of those that `rule` refuses; `None` as for [`Self::score_values`].
    #[must_use]
    pub fn refused(&self, rule: DecisionRule) -> Option<(u64, u64)> {
        let values = self.score_values()?;
        let rows = values.iter().map(|(_, count)| count).sum();
        let refused = values.iter().filter(|(score, _)| rule.refuses(*score)).map(|(_, count)| count).sum();
        Some((rows, refused))
    }

    /// The message for values that cannot be read.
    #[must_use]
    pub fn damaged_message(&self) -> String {
        format!("reference: {}", damaged_message(self.block_store.name()))
    }

    pub(super) fn block_store(&self) -> &BlockStore {
        &self.block_store
    }
}

/// The message for a damaged file.
pub(super) fn damaged_message(name: &str) -> String {
    format!("{name} is truncated or damaged; copy it again or create it again with `vigie learn`")
}

fn compute_id(
    layout: &Layout,
    profile: &Profile,
    block_store: &BlockStore,
    (contributions, importance): (Option<&Contributions>, &[Option<f64>]),
    segments: Option<&StoredSegments>,
) -> String {
    let mut sha = Sha256::new();
    sha.update(layout.id().to_string().as_bytes());
    sha.update(profile.rows().to_le_bytes());
    // Hash all counts of a feature at once: many small updates are slow.
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
        contributions.background.iter().for_each(|mean| sha.update(mean.to_le_bytes()));
    } else {
        // Only a file can have set it.
        importance.iter().flatten().for_each(|importance| sha.update(importance.to_le_bytes()));
    }
    // Values, scores and outcomes: correcting the target changes only two blocks.
    for (length, sum) in block_store.checksums() {
        sha.update(length.to_le_bytes());
        sha.update(sum.to_le_bytes());
    }
    for (definition, rows) in segments.into_iter().flat_map(|stored| &stored.segments) {
        sha.update(definition.as_bytes());
        sha.update(rows.to_le_bytes());
    }
    sha.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
