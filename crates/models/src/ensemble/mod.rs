//! Trees that branch on one condition per node, of any family: the form that the readers of LightGBM, XGBoost and
//! scikit-learn produce, its scoring, and its SHAP values.

pub(crate) mod add;
pub(crate) mod bins;
pub(crate) mod codes;
pub(crate) mod columns;
pub(crate) mod dense;
pub(crate) mod leaves;
pub(crate) mod order;
pub(crate) mod plan;
pub(crate) mod score;
pub(crate) mod scorer;
pub(crate) mod sets;
pub(crate) mod shap;
pub(crate) mod simd;
#[cfg(test)]
mod tests;
pub(crate) mod trees;
pub(crate) mod walk;

pub(crate) use scorer::TreeScorer;
pub(crate) use trees::{Ensemble, SplitComparison};
