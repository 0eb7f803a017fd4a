//! Reads transformers and estimators from the graph of a `.skops` file.

pub(crate) mod booster;
pub(crate) mod boosting;
pub(crate) mod builder;
pub(crate) mod encode;
pub(crate) mod estimator;
pub(crate) mod impute;
pub(crate) mod linear;
pub(crate) mod scale;
pub(crate) mod transform;
pub(crate) mod tree;
pub(crate) mod wrapper;
