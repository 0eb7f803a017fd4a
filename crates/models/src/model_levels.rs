//! Levels of a model: which it knows, which it distinguishes, and which one stands for a missing value.

use crate::model::{Family, Model};

impl Model {
    /// The level that represents a missing value of the feature at this index of [`Model::features`]: the common spelling
    /// (`nan`, `None`, …) that the model knows, or the empty string if it knows none (a missing level then counts as
    /// unseen).
    ///
    /// CatBoost takes no nulls, so that this is what an application must have passed instead. Other libraries take nulls,
    /// and [`Model::inputs`] leaves them missing: there it is what an application may have passed instead.
    #[must_use]
    pub fn missing_level(&self, feature: usize) -> &str {
        match &self.family {
            Family::CatBoost(forest) => forest.missing_level(feature),
            Family::Trees(model) => model.missing_level(feature),
            Family::Sklearn(model) => model.missing_level(feature),
            Family::Linear(_) => "",
            Family::Onnx(model) => model.missing_level(feature),
        }
    }

    /// Whether [`Model::inputs`] replaces a null in a categorical column by [`Model::missing_level`].
    #[must_use]
    pub fn replaces_missing_levels(&self) -> bool {
        matches!(self.family, Family::CatBoost(_))
    }

    /// Returns true if the model is certain to know this level of a feature. It may know others.
    #[must_use]
    pub fn knows_level(&self, feature: usize, level: &str) -> bool {
        match &self.family {
            Family::CatBoost(forest) => forest.knows_level(feature, level),
            Family::Trees(model) => model.knows_level(feature, level),
            Family::Linear(_) => false,
            Family::Sklearn(model) => model.knows_level(feature, level),
            Family::Onnx(model) => model.knows_level(feature, level),
        }
    }

    /// Returns true if the model is certain to know both of these texts, as different levels of a feature.
    #[must_use]
    pub fn distinguishes_levels(&self, feature: usize, one: &str, other: &str) -> bool {
        let differ = || match &self.family {
            Family::CatBoost(_) => one != other,
            Family::Trees(model) => model.code(feature, one) != model.code(feature, other),
            Family::Linear(_) => false,
            Family::Sklearn(model) => model.code(feature, one) != model.code(feature, other),
            Family::Onnx(model) => model.code(one) != model.code(other),
        };
        self.knows_level(feature, one) && self.knows_level(feature, other) && differ()
    }
}
