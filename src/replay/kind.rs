//! Maps the names, kinds and precision of model inputs to those of layouts.

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

/// The precision in which a reference counts the inputs of a model: 32-bit floats if it compares them so. `None` if it
/// compares 64-bit floats: then the precision is that of the training rows, because rows that are stored in 32 bits say
/// nothing about values between them.
#[must_use]
pub fn precision_of(model: &Model) -> Option<Precision> {
    match model.precision() {
        InputPrecision::Single => Some(Precision::F32),
        InputPrecision::Double => None,
    }
}

/// The column of a feature of a model among these names: that of the same name, or else the only one that training gives
/// this name (LightGBM replaces blanks by underscores).
#[must_use]
pub fn column_of<'n>(
    model: &Model,
    feature: &ModelFeature,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<usize> {
    names.clone().position(|name| name == feature.name).or_else(|| {
        let mut renamed = names.enumerate().filter(|(_, name)| model.trained_name(name) == feature.name);
        let (place, _) = renamed.next()?;
        renamed.next().is_none().then_some(place)
    })
}
