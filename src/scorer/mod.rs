//! CatBoost models without CatBoost: a file's bytes become a [`Forest`], Arrow columns become [`Inputs`], and raw
//! outputs are those of the official library to the bit; [`Shap`] says what each feature adds to them.
//!
//! Reading: `cbm` (a `flatbuffer` and `cbm_ctr`) or `json` make `parts`, which claim; `binning`, `ctr_bins`, `trees`
//! and `link` check and lay out. Scoring: `quantise` makes bins of a block of rows (`search` finds them), `walk` sums
//! leaves, `score` ties both together; `kernel` chooses who does it, plain Rust or `simd`, which looks leaves up in
//! `tables`. Explaining: `shap` prepares a model, by tables for oblivious trees (`shap_fold`, `shap_tables`) and path by
//! path for others (`shap_walk`). What the format is and where it deceives stands beside each step.

mod about;
mod allowance;
mod binning;
mod bins;
mod cbm;
mod cbm_ctr;
mod city;
mod ctr;
mod ctr_bins;
mod exponent;
mod feature;
mod flatbuffer;
mod forest;
mod inputs;
mod json;
mod json_ctr;
mod json_cuts;
mod json_each;
mod json_trees;
mod kernel;
mod link;
mod missing;
mod parts;
mod players;
mod quadrature;
mod quantise;
mod refusal;
mod score;
mod search;
mod shap;
mod shap_fold;
mod shap_leaves;
mod shap_tables;
mod shap_walk;
mod simd;
mod tables;
mod trees;
mod walk;

pub use bins::{BinColumn, Binning, PER_COLUMN, Split};
pub use city::level_hash;
pub use ctr::{CtrColumn, CtrTable, EMPTY, Projection, element_of_level, extend_key};
pub use feature::Feature;
pub use forest::Forest;
pub use inputs::Inputs;
pub use kernel::Kernel;
pub use link::Link;
pub use shap::Shap;
pub use simd::{Avx2, Avx512};
pub use trees::{Branching, DEEPEST, Node, Oblivious, Trees};
