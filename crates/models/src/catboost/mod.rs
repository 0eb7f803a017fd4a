//! CatBoost models, with the details of their trees.
//!
//! `file` parses both formats into `ModelParts`, and `forest` checks them and builds bins, trees and the link.
//! `score::quantise` converts a block of rows to bins, `score::walk` sums leaves; a `score::simd` kernel does both faster,
//! from `score::tables`. `score::leaves` finds the leaf of each row. `shap` tabulates oblivious trees (`fold`, `tables`)
//! and walks others (`walk`).

pub(crate) mod file;
pub(crate) mod forest;
pub(crate) mod score;
pub(crate) mod shap;

pub use forest::{
    BinColumn, Binning, Branching, CONDITIONS_PER_COLUMN, CtrColumn, CtrTable, EMPTY_KEY, Forest, MAX_DEPTH, Oblivious,
    Projection, Split, TreeNode, Trees, element_of_level, extend_key, level_hash,
};
pub use score::{Avx2, Avx512, Kernel};
pub use shap::Shap;
