//! A model of any family: the interface that scoring, parity, replay, importance and attribution use.

use std::ops::Range;

use arrow_array::ArrayRef;

use crate::{
    catboost::Forest,
    error::Result,
    feature::{InputPrecision, ModelFeature},
    format::ModelFormat,
    inputs::Inputs,
    leaf_tree::LeafTree,
    link::Link,
};

/// A model in memory, which scores rows as its library does.
#[derive(Debug)]
pub struct Model {
    pub(crate) family: Family,
}

/// The families of models.
#[derive(Debug)]
pub(crate) enum Family {
    CatBoost(Forest),
}

impl Model {
    /// Reads a model; its content determines its family. `name` (such as the path) prefixes error messages.
    ///
    /// Memory is limited in proportion to the file, even for a damaged or crafted one.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let family = match ModelFormat::recognise(bytes).map_err(|error| error.context(name))? {
            ModelFormat::CatBoost => Family::CatBoost(Forest::from_bytes(name, bytes)?),
        };
        Ok(Self { family })
    }

    /// Input features, in the order of their columns at training.
    #[must_use]
    pub fn features(&self) -> &[ModelFeature] {
        match &self.family {
            Family::CatBoost(forest) => forest.features(),
        }
    }

    /// Whether the model was trained with feature names. If not, it reads columns by position.
    #[must_use]
    pub fn has_feature_names(&self) -> bool {
        match &self.family {
            Family::CatBoost(forest) => forest.has_feature_names(),
        }
    }

    /// The precision in which the model compares numbers.
    #[must_use]
    pub fn precision(&self) -> InputPrecision {
        match &self.family {
            Family::CatBoost(_) => Forest::PRECISION,
        }
    }

    /// Prepares `rows` rows: one column for each of [`Model::features`], in that order. `None` stands for a column that is
    /// missing in every row.
    ///
    /// A numeric column may be of any numeric type or boolean; a null is missing, as is NaN. A categorical column contains
    /// strings, plain or dictionary-encoded; a null becomes the level [`Model::missing_level`].
    pub fn inputs(&self, rows: usize, columns: &[Option<ArrayRef>]) -> Result<Inputs> {
        match &self.family {
            Family::CatBoost(forest) => forest.inputs(rows, columns),
        }
    }

    /// The level that represents a missing value of the feature at this index of [`Model::features`]: the common spelling
    /// (`nan`, `None`, …) that the model knows, or the empty string if it knows none (a missing level then counts as
    /// unseen).
    #[must_use]
    pub fn missing_level(&self, feature: usize) -> &str {
        match &self.family {
            Family::CatBoost(forest) => forest.missing_level(feature),
        }
    }

    /// Returns true if the model is certain to know this level of a feature. It may know others.
    #[must_use]
    pub fn knows_level(&self, feature: usize, level: &str) -> bool {
        match &self.family {
            Family::CatBoost(forest) => forest.knows_level(feature, level),
        }
    }

    /// Computes the raw outputs of some rows, [`Model::output_count`] per row. Several threads may score different rows of
    /// the same inputs.
    pub fn predict_raw(&self, inputs: &Inputs, rows: Range<usize>, out: &mut [f64]) -> Result<()> {
        match &self.family {
            Family::CatBoost(forest) => forest.predict_raw(inputs, rows, out),
        }
    }

    /// Like [`Model::predict_raw`], with the same bits, and passes on which leaf each row is in, block by block and tree by
    /// tree: the number of the tree, the number of the first row of the block, and one leaf per row. Leaves are numbered as
    /// in [`Model::leaf_trees`]; fails if the trees of a damaged model cannot be numbered.
    pub fn predict_raw_with_leaves(
        &self,
        inputs: &Inputs,
        rows: Range<usize>,
        out: &mut [f64],
        sink: &mut dyn FnMut(usize, usize, &[u32]),
    ) -> Result<()> {
        match &self.family {
            Family::CatBoost(forest) => forest.predict_raw_with_leaves(inputs, rows, out, sink),
        }
    }

    /// The trees with their leaves; `None` if the model has no trees, or too many leaves to count (more than 2²²).
    #[must_use]
    pub fn leaf_trees(&self) -> Option<Vec<LeafTree>> {
        match &self.family {
            Family::CatBoost(forest) => forest.leaf_trees(),
        }
    }

    /// Number of raw outputs per row.
    #[must_use]
    pub fn output_count(&self) -> usize {
        match &self.family {
            Family::CatBoost(forest) => forest.output_count(),
        }
    }

    /// How raw outputs relate to probabilities.
    #[must_use]
    pub fn link(&self) -> Link {
        match &self.family {
            Family::CatBoost(forest) => forest.link(),
        }
    }

    /// Whether a row has one output, which is the probability of the second of two classes once it is linked.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.link() == Link::Sigmoid
    }

    /// Turns the raw outputs of rows into probabilities, in place: of the second of two classes, or of every class.
    /// Returns false and changes nothing if the model has no probabilities.
    #[must_use]
    pub fn probabilities(&self, raw: &mut [f64]) -> bool {
        match &self.family {
            Family::CatBoost(forest) => forest.probabilities(raw),
        }
    }

    /// Index into [`Model::classes`] of the class selected by the raw outputs of one row; `None` if the model has no
    /// classes (a regression) or is multi-label.
    #[must_use]
    pub fn decision(&self, raw: &[f64]) -> Option<usize> {
        match &self.family {
            Family::CatBoost(forest) => forest.decision(raw),
        }
    }

    /// Class names, in the order of outputs: two for [`Link::Sigmoid`], none for [`Link::Identity`].
    #[must_use]
    pub fn classes(&self) -> &[String] {
        match &self.family {
            Family::CatBoost(forest) => forest.classes(),
        }
    }

    /// The probability above which a row is in the second of two classes.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        match &self.family {
            Family::CatBoost(forest) => forest.threshold(),
        }
    }

    /// SHA-256 of the model file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        match &self.family {
            Family::CatBoost(forest) => forest.sha256(),
        }
    }

    /// SHA-256 of the model file, in hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        self.sha256().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
