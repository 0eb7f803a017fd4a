//! Skew between training and serving: logged inputs compared with the feature table that serving should have read, row by row.

mod compare;
mod kind;
mod levels;
mod numbers;
mod precision;
mod rows;
#[cfg(test)]
mod tests;

pub use compare::{FeatureSkew, Skew};
pub use kind::{RenamedLevel, SkewKind};
pub use rows::FeatureRows;
