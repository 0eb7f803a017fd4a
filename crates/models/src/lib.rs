//! Scores CatBoost models in pure Rust, with the same results as the official library, and computes their SHAP values.
//!
//! [`Forest::from_bytes`] reads a model, [`Inputs`] prepares Arrow columns for it, and [`Forest::predict_raw`] computes
//! raw outputs. [`Forest::probabilities`] and [`Forest::decision`] turn these into probabilities and classes. [`Shap`]
//! explains raw outputs by the contribution of each feature.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Float32Array};
//! use vigie_models::{Forest, Inputs, Shap};
//!
//! // Usually the content of a file: `std::fs::read("model.cbm")?`.
//! let model = br#"{
//!     "model_info": {"params": {"loss_function": {"type": "Logloss"}}},
//!     "features_info": {"float_features": [
//!         {"feature_index": 0, "flat_feature_index": 0, "feature_id": "amount", "borders": [1000]}
//!     ]},
//!     "oblivious_trees": [
//!         {"leaf_values": [-1, 2], "leaf_weights": [30, 10], "splits": [{"split_index": 0}]}
//!     ],
//!     "scale_and_bias": [1, [0.5]]
//! }"#;
//! let forest = Forest::from_bytes("model.json", model)?;
//! assert_eq!(forest.features()[0].name, "amount");
//!
//! // One column per feature, in the order of `Forest::features`.
//! let amount: ArrayRef = Arc::new(Float32Array::from(vec![Some(250.0), Some(4000.0), None]));
//! let inputs = Inputs::new(&forest, 3, &[Some(amount)])?;
//! let mut raw = vec![0.0; 3 * forest.output_count()];
//! forest.predict_raw(&inputs, 0..3, &mut raw)?;
//! assert_eq!(raw, [-0.5, 2.5, -0.5]);
//! assert_eq!(forest.decision(&raw[1..2]), Some(1));
//!
//! // The contribution of each feature, then the expected value; their sum is the raw output.
//! let shap = Shap::new(&forest)?;
//! let mut values = vec![0.0; 3 * shap.width()];
//! shap.values(&forest, &inputs, 0..3, &mut values)?;
//! assert_eq!(shap.expected(), [0.25]);
//! assert!(shap.gap(&forest, &values, &raw) <= Shap::TOLERANCE);
//!
//! // Raw outputs become probabilities in place.
//! assert!(forest.probabilities(&mut raw));
//! assert!(raw[1] > 0.9);
//! # Ok::<(), vigie_models::ModelError>(())
//! ```
//!
//! # Supported models
//!
//! - Files: `.cbm`, and JSON exports (`save_model(…, format="json")`).
//! - Trees: symmetric (oblivious), `Depthwise` and `Lossguide`.
//! - Features: numeric, with any treatment of missing values; categorical, as one-hot levels or as CTRs of any kind,
//!   including combinations.
//! - Losses: binary, multiclass, one-versus-all, multi-label, regression with one or several outputs, and ranking.
//!
//! Models with text or embedding features are refused. So are JSON exports of models that binarize their target in
//! several ways, because such exports are incomplete; save these models as `.cbm`.
//!
//! # Guarantees
//!
//! - **Equal results.** Raw outputs are bit-identical to those of catboost 1.2.10, and so are probabilities where the
//!   platform's `exp` is. Every [`Kernel`] gives the same bits, and so does every division of the rows into calls. SHAP
//!   values differ from those of the library by at most 1e-12, relative to values above 1.
//! - **Untrusted files.** Reading any bytes ends with a model or an error, and takes at most four times the size of the
//!   file plus 16 KiB of memory, whatever lengths and counts the file claims. Scoring a model that was read does not
//!   panic.
//! - **Threads.** Several threads may score or explain different rows of the same [`Inputs`].
//!
//! # Errors
//!
//! Fallible functions return a [`ModelError`], whose message names the file or the column, the cause and, for a file,
//! what to do about it.

// Reading: `file` parses both formats into `ModelParts`, and `forest` checks them and builds bins, trees and the link.
// Scoring: `score::quantise` converts a block of rows to bins, `score::walk` sums leaves; a `score::simd` kernel does both
// faster, from `score::tables`. Explaining: `shap` tabulates oblivious trees (`fold`, `tables`) and walks others (`walk`).

mod error;
mod file;
mod forest;
mod score;
mod shap;

pub use error::{ModelError, Result};
pub use forest::{
    BinColumn, Binning, Branching, CONDITIONS_PER_COLUMN, CtrColumn, CtrTable, EMPTY_KEY, Forest, InputKind, Link,
    MAX_DEPTH, ModelFeature, Oblivious, Projection, Split, TreeNode, Trees, element_of_level, extend_key, level_hash,
};
pub use score::{Avx2, Avx512, Inputs, Kernel};
pub use shap::Shap;
