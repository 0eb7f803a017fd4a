//! SHAP values: from tables for oblivious trees, path by path for others.

pub(crate) mod fold;
pub(crate) mod leaves;
pub(crate) mod players;
pub(crate) mod shap;
pub(crate) mod tables;
pub(crate) mod walk;

pub use shap::Shap;
