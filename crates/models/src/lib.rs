//! Scores models in pure Rust, with the same results as their official libraries, and computes their SHAP values.
//!
//! [`Model::from_bytes`] reads a model of any supported family, [`Model::inputs`] prepares Arrow columns for it, and
//! [`Model::predict_raw`] computes raw outputs. [`Model::probabilities`] and [`Model::decision`] turn these into
//! probabilities and classes. An [`Explainer`] explains raw outputs by the contribution of each feature, and
//! [`Model::predict_raw_with_leaves`] also finds the leaf of each row in every tree. The only family so far is CatBoost,
//! whose details are in [`catboost`].
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Float32Array};
//! use vigie_models::Model;
//!
//! // Usually the content of a file: `std::fs::read("model.cbm")?`.
//! let file = br#"{
//!     "model_info": {"params": {"loss_function": {"type": "Logloss"}}},
//!     "features_info": {"float_features": [
//!         {"feature_index": 0, "flat_feature_index": 0, "feature_id": "amount", "borders": [1000]}
//!     ]},
//!     "oblivious_trees": [
//!         {"leaf_values": [-1, 2], "leaf_weights": [30, 10], "splits": [{"split_index": 0}]}
//!     ],
//!     "scale_and_bias": [1, [0.5]]
//! }"#;
//! let model = Model::from_bytes("model.json", file)?;
//! assert_eq!(model.features()[0].name, "amount");
//!
//! // One column per feature, in the order of `Model::features`.
//! let amount: ArrayRef = Arc::new(Float32Array::from(vec![Some(250.0), Some(4000.0), None]));
//! let inputs = model.inputs(3, &[Some(amount)])?;
//! let mut raw = vec![0.0; 3 * model.output_count()];
//! model.predict_raw(&inputs, 0..3, &mut raw)?;
//! assert_eq!(raw, [-0.5, 2.5, -0.5]);
//! assert_eq!(model.decision(&raw[1..2]), Some(1));
//!
//! // The contribution of each feature, then the expected value; their sum is the raw output.
//! let explainer = model.explainer()?;
//! let mut values = vec![0.0; 3 * explainer.width()];
//! explainer.values(&model, &inputs, 0..3, &mut values)?;
//! assert_eq!(explainer.expected(), [0.25]);
//! assert!(explainer.gap(&model, &values, &raw) <= explainer.tolerance());
//!
//! // Raw outputs become probabilities in place.
//! assert!(model.probabilities(&mut raw));
//! assert!(raw[1] > 0.9);
//! # Ok::<(), vigie_models::ModelError>(())
//! ```
//!
//! # Supported models
//!
//! CatBoost:
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
//!   platform's `exp` is. Every [`Kernel`](catboost::Kernel) gives the same bits, and so does every division of the
//!   rows into calls. SHAP
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

pub mod catboost;
mod error;
mod explainer;
mod feature;
mod format;
mod inputs;
mod leaf_tree;
mod link;
mod model;

pub use error::{ModelError, Result};
pub use explainer::Explainer;
pub use feature::{InputKind, InputPrecision, ModelFeature};
pub use format::FORMATS;
pub use inputs::Inputs;
pub use leaf_tree::{LeafChoices, LeafFeature, LeafTree};
pub use link::Link;
pub use model::Model;
