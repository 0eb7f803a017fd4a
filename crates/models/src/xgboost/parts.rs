//! The content of a model file, before its parts are checked against each other.

use crate::ensemble::trees::Tree;

/// Major and minor version of the XGBoost that wrote a file; `None` if the file does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LibraryVersion(pub Option<(i64, i64)>);

impl LibraryVersion {
    pub(crate) fn is_at_least(self, major: i64, minor: i64) -> bool {
        self.0.is_some_and(|version| version >= (major, minor))
    }
}

/// A model as its file describes it, the same for both formats.
#[derive(Debug, Default)]
pub(crate) struct LearnerParts {
    pub version: LibraryVersion,
    /// Empty if the model was trained without names.
    pub feature_names: Vec<String>,
    /// `float`, `int`, `i` (indicator), `q` (quantitative) or `c` (categorical); may be empty.
    pub feature_types: Vec<String>,
    /// In the space of predictions, not of raw outputs. One value, or one per output.
    pub base_score: Vec<f32>,
    /// Number of classes of a multiclass model, otherwise 0.
    pub classes: usize,
    /// Number of targets; 0 in old files.
    pub targets: usize,
    pub features: usize,
    /// Whether the base score was estimated from the training labels. Old files do not say.
    pub has_estimated_base: bool,
    pub objective: String,
    /// The best iteration of early stopping.
    pub best_iteration: Option<usize>,
    /// Whether the scikit-learn wrapper saved the model.
    pub is_scikit_learn: bool,
    pub booster: BoosterParts,
}

/// The trees or the weights of a linear model.
#[derive(Debug, Default)]
pub(crate) struct BoosterParts {
    /// `gbtree`, `dart` or `gblinear`.
    pub name: String,
    /// `None` if the file has none, not even an empty list.
    pub trees: Option<Vec<Tree>>,
    /// Number of trees that the file claims.
    pub declared_trees: Option<usize>,
    /// Number of trees per output that are grown at once.
    pub parallel_trees: usize,
    /// The output of each tree.
    pub tree_outputs: Vec<i32>,
    /// Where the trees of each iteration begin, and where the last one ends. Absent from old files.
    pub iteration_starts: Vec<i64>,
    /// The weight of each tree of a dart model.
    pub tree_weights: Vec<f32>,
    /// Weights of a linear model: for each feature, then the bias, one per output.
    pub linear: Option<Vec<f32>>,
    /// For each feature, its levels; empty if the model was trained on codes.
    pub levels: Vec<FeatureLevels>,
}

/// The levels of a feature, as its file lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FeatureLevels {
    /// The feature is not categorical.
    None,
    Listed(Vec<String>),
    /// The list cannot be divided into levels.
    Broken,
}
