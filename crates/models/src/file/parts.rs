//! What a model file says, piece by piece, before any two pieces have been compared.

use serde::Deserialize;

use crate::forest::about::About;

/// A model as its file has it. Both doors (`.cbm`, JSON) make this; [`crate::forest::Forest`] is what remains after all checks.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Values per leaf.
    pub dimension: usize,
    pub floats: Vec<FloatPart>,
    pub levels: Vec<LevelPart>,
    pub one_hots: Vec<OneHotPart>,
    pub ctrs: Vec<CtrPart>,
    pub tables: Vec<TablePart>,
    /// Of every tree (or node), which of all the model's conditions it asks.
    pub splits: Vec<i32>,
    /// Conditions per tree; nodes per tree if the trees branch.
    pub sizes: Vec<i32>,
    /// Where in `splits` each tree begins.
    pub starts: Vec<i32>,
    /// Steps to the left and right child of each node; none at all if the trees are oblivious.
    pub steps: Vec<[u16; 2]>,
    /// Where in `leaf_values` a node's leaf begins, for nodes that are leaves.
    pub node_leaves: Vec<u32>,
    pub leaf_values: Vec<f64>,
    pub leaf_weights: Vec<f64>,
    pub scale: f64,
    pub bias: Vec<f64>,
    pub about: About,
}

/// Where the model expects a feature.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Among the features of its kind.
    pub index: i32,
    /// Among all features.
    pub flat: i32,
    pub name: String,
}

/// What training decided about missing numbers.
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
    pub place: Place,
    pub has_nans: bool,
    pub nan: Nan,
    pub borders: Vec<f32>,
}

#[derive(Debug)]
pub(crate) struct LevelPart {
    pub place: Place,
}

#[derive(Debug)]
pub(crate) struct OneHotPart {
    /// Among categorical features.
    pub index: i32,
    /// Hashes of levels.
    pub values: Vec<i32>,
}

/// What a CTR counts by. Order is that of the model's own hash of a combination.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Combination {
    /// Categorical features.
    pub levels: Vec<i32>,
    /// Float features with a border, as the border's bits.
    pub floats: Vec<(i32, u32)>,
    /// Categorical features with a level's hash.
    pub one_hots: Vec<(i32, i32)>,
}

/// How a CTR makes a number of its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CtrKind {
    Borders,
    Buckets,
    BinarizedTargetMeanValue,
    FloatTargetMeanValue,
    Counter,
    FeatureFreq,
}

/// Which table a CTR reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CtrBase {
    pub combination: Combination,
    pub kind: CtrKind,
    /// Which way of cutting the target into classes; models summed from several have more than one.
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

/// Counts per key, as an open-addressed hash index beside rows of 32-bit words.
#[derive(Debug)]
pub(crate) struct TablePart {
    pub base: CtrBase,
    /// A power of two; `u64::MAX` is an empty place.
    pub keys: Vec<u64>,
    /// The row of the key in the same place.
    pub entries: Vec<u32>,
    /// `i32` counts, or `f32` sum and `i32` count, by kind.
    pub words: Vec<u32>,
    /// Classes per row of `Borders` and `Buckets`.
    pub classes: i32,
    pub counter_denominator: i32,
}
