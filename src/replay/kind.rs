//! A model's kind of input as the layout's kind of feature.

use vigie_models::{Feature, InputKind};
use vigie_profile::layout::Kind;

/// How a reference keeps an input of a model.
#[must_use]
pub fn kind_of(feature: &Feature) -> Kind {
    match feature.kind {
        InputKind::Numeric => Kind::Numeric,
        InputKind::Categorical => Kind::Categorical,
    }
}
