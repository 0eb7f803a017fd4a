//! The content of a model file, before its parts are checked against each other.

use serde::Deserialize;

use crate::catboost::forest::model_info::ModelInfo;

/// A model as its file describes it, produced by both parsers (`.cbm` and JSON). [`crate::catboost::forest::Forest`] is built
/// from it after all checks.
#[derive(Debug, Default)]
pub(crate) struct ModelParts {
    /// Values per leaf.
    pub dimension: usize,
    pub floats: Vec<FloatPart>,
    pub levels: Vec<LevelPart>,
    pub one_hots: Vec<OneHotPart>,
    pub ctrs: Vec<CtrPart>,
    pub tables: Vec<TablePart>,
    /// For every level of an oblivious tree, or every node of a non-symmetric one: the index of its split.
    pub splits: Vec<i32>,
    /// Number of splits of each tree; number of nodes of a non-symmetric one.
    pub sizes: Vec<i32>,
    /// Start of each tree in `splits`.
    pub starts: Vec<i32>,
    /// Offsets from each node to its left and right child; empty if the trees are oblivious.
    pub steps: Vec<[u16; 2]>,
    /// For nodes that are leaves, the start of their values in `leaf_values`.
    pub node_leaves: Vec<u32>,
    pub leaf_values: Vec<f64>,
    pub leaf_weights: Vec<f64>,
    pub scale: f64,
    pub bias: Vec<f64>,
    pub info: ModelInfo,
}

/// Position and name of a feature.
#[derive(Debug, Clone)]
pub(crate) struct FeaturePosition {
    /// Index among the features of its kind.
    pub index: i32,
    /// Index among all features.
    pub flat: i32,
    pub name: String,
}

/// How the model treats missing numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "CatBoost's names")]
pub(crate) enum Nan {
    #[default]
    AsIs,
    AsFalse,
    AsTrue,
}

#[derive(Debug)]
pub(crate) struct FloatPart {
    pub position: FeaturePosition,
    pub has_nans: bool,
    pub nan: Nan,
    pub borders: Vec<f32>,
}

#[derive(Debug)]
pub(crate) struct LevelPart {
    pub position: FeaturePosition,
}

#[derive(Debug)]
pub(crate) struct OneHotPart {
    /// Index among the categorical features.
    pub index: i32,
    /// Hashes of the levels.
    pub values: Vec<i32>,
}

/// The key that a CTR counts by. Elements are in the order in which CatBoost hashes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Combination {
    /// Indices of categorical features.
    pub levels: Vec<i32>,
    /// Float features, each with the bits of a border.
    pub floats: Vec<(i32, u32)>,
    /// Categorical features, each with the hash of a level.
    pub one_hots: Vec<(i32, i32)>,
}

/// How a CTR turns counts into a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CtrKind {
    Borders,
    Buckets,
    BinarizedTargetMeanValue,
    FloatTargetMeanValue,
    Counter,
    FeatureFreq,
}

/// Identifies the table that a CTR reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CtrBase {
    pub combination: Combination,
    pub kind: CtrKind,
    /// Index of the target binarization; models summed from several have more than one.
    pub classifier: i32,
}

#[derive(Debug)]
pub(crate) struct CtrPart {
    pub base: CtrBase,
    pub target_border: i32,
    pub prior_numerator: f32,
    pub prior_denominator: f32,
    pub shift: f32,
    pub scale: f32,
    pub borders: Vec<f32>,
}

/// Counts per key: an open-addressed hash index, and rows of 32-bit words.
#[derive(Debug)]
pub(crate) struct TablePart {
    pub base: CtrBase,
    /// Slots of the index, a power of two; `u64::MAX` marks an empty one.
    pub keys: Vec<u64>,
    /// The row of the key in the same slot.
    pub entries: Vec<u32>,
    /// `i32` counts, or an `f32` sum and an `i32` count, depending on the kind.
    pub words: Vec<u32>,
    /// Number of classes per row, for `Borders` and `Buckets`.
    pub classes: i32,
    pub counter_denominator: i32,
}
