//! Maps kinds of model inputs to kinds of layout features.

use vigie_models::{InputKind, ModelFeature};
use vigie_profile::layout::Kind;

/// The kind under which a reference stores an input of a model.
#[must_use]
pub fn kind_of(feature: &ModelFeature) -> Kind {
    match feature.kind {
        InputKind::Numeric => Kind::Numeric,
        InputKind::Categorical => Kind::Categorical,
    }
}
