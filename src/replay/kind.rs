//! Maps the kinds and the precision of model inputs to those of layouts.

use vigie_models::{InputKind, InputPrecision, Model, ModelFeature};
use vigie_profile::layout::{Kind, Precision};

/// The kind under which a reference stores an input of a model.
#[must_use]
pub fn kind_of(feature: &ModelFeature) -> Kind {
    match feature.kind {
        InputKind::Numeric => Kind::Numeric,
        InputKind::Categorical => Kind::Categorical,
    }
}

/// The precision in which a reference counts the inputs of a model.
#[must_use]
pub fn precision_of(model: &Model) -> Precision {
    match model.precision() {
        InputPrecision::Single => Precision::F32,
        InputPrecision::Double => Precision::F64,
    }
}
