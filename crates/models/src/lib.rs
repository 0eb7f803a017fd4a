//! CatBoost models without CatBoost: a file's bytes become a [`Forest`], Arrow columns become [`Inputs`], and raw
//! outputs are those of the official library to the bit; [`Shap`] says what each feature adds to them.
//!
//! Reading: `cbm` (a `flatbuffer` and `cbm_ctr`) or `json` make `parts`, which claim; `binning`, `ctr_bins`, `trees`
//! and `link` check and lay out. Scoring: `quantise` makes bins of a block of rows (`search` finds them), `walk` sums
//! leaves, `score` ties both together; `kernel` chooses who does it, plain Rust or `simd`, which looks leaves up in
//! `tables`. Explaining: `shap` prepares a model, by tables for oblivious trees (`shap_fold`, `shap_tables`) and path by
//! path for others (`shap_walk`). What the format is and where it deceives stands beside each step.

mod error;
mod file;
mod forest;
mod score;
mod shap;

pub use error::{ModelError, Result};
pub use forest::{
    BinColumn, Binning, Branching, CtrColumn, CtrTable, DEEPEST, EMPTY, Feature, Forest, InputKind, Link, Node,
    Oblivious, PER_COLUMN, Projection, Split, Trees, element_of_level, extend_key, level_hash,
};
pub use score::{Avx2, Avx512, Inputs, Kernel};
pub use shap::Shap;
