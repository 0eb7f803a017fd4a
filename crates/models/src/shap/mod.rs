//! SHAP values that are the same computation for every family of trees.

#[cfg(not(target_arch = "x86_64"))]
mod absent;
pub(crate) mod paths;
pub(crate) mod quadrature;
#[cfg(target_arch = "x86_64")]
mod simd;
pub(crate) mod vectors;
