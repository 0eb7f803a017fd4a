//! Scores models in pure Rust, with the same results as their official libraries, and computes their SHAP values.
//!
//! [`Model::from_bytes`] reads a model of any supported family, [`Model::inputs`] prepares Arrow columns for it, and
//! [`Model::predict_raw`] computes raw outputs. [`Model::probabilities`] and [`Model::decision`] turn these into
//! probabilities and classes. An [`Explainer`] explains raw outputs by the contribution of each feature, and
//! [`Model::predict_raw_with_leaves`] also finds the leaf of each row in every tree. Details of CatBoost models are in
//! [`catboost`].
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
//! LightGBM:
//!
//! - Files: the text of `booster.save_model`, of format versions 2 to 4 (LightGBM 2.1 to 4.7).
//! - Trees: `gbdt`, `dart`, `rf`; linear leaves.
//! - Features: numeric, with any treatment of missing values and zeros; categorical, as codes or as levels of `pandas`.
//!   If a file lists levels without saying which features they belong to, [`ModelOptions::categories`] says it.
//! - Objectives: all of LightGBM 4.7. Without one (a custom objective), predictions are raw outputs.
//!
//! JSON dumps are refused, as the library does not load them either.
//!
//! XGBoost:
//!
//! - Files: JSON and UBJSON (`save_model("model.json")`, `"model.ubj"`), also those of old versions that lack keys.
//! - Boosters: `gbtree`, `dart` and `gblinear`; parallel trees, leaves with several values, categorical splits.
//! - Objectives: all but `reg:expectileerror`.
//! - Early stopping: as the scikit-learn wrapper or `Booster.predict` does, depending on which of them saved the file, or
//!   as [`ModelOptions::iterations`] says.
//!
//! - Missing values: NaN, and the number that [`ModelOptions::missing`] names.
//!
//! Models in the old binary format are refused. So are models whose levels are not ASCII if XGBoost below 3.4 saved them,
//! because it cuts these levels.
//!
//! scikit-learn:
//!
//! - Files: `.skops` (`skops.io.dump(pipeline, "model.skops")`), of scikit-learn 1.3 or newer. Nothing in them is run.
//! - Transformers: `Pipeline`, `ColumnTransformer`, `SimpleImputer`, `StandardScaler`, `MinMaxScaler`, `RobustScaler`,
//!   `OneHotEncoder`, `OrdinalEncoder`. Features are the columns of the log that reach the estimator.
//! - Estimators: `LogisticRegression`, `LinearRegression`, `Ridge`, `Lasso`, `ElasticNet`, decision trees, random forests,
//!   extra trees, both kinds of gradient boosting (with categories), perceptrons, and calibrated classifiers.
//! - Searches (`GridSearchCV` and others), frozen estimators, and classifiers with a tuned or fixed threshold: what is inside
//!   them.
//! - Rows that scikit-learn refuses (a missing value for a linear model, an unknown level for an encoder without
//!   `handle_unknown`) have the score NaN.
//!
//! An estimator of LightGBM or XGBoost in a `.skops` file, as MLflow writes it, is read as a model of its library, if it is
//! alone or behind steps that pass their columns on.
//!
//! Others are refused by name. Linear models are explained against a [`Background`]; perceptrons and calibrated
//! classifiers are not explained.
//!
//! ONNX, as a second door to scikit-learn pipelines converted by skl2onnx, for which `.skops` is the better file:
//!
//! - Inputs: one table, whose columns have no names, or one input per column.
//! - Outputs: probabilities as a table or in a `ZipMap`, or the values of a regression. Raw outputs are the probabilities
//!   themselves ([`Link::Probability`]).
//! - Operators: those that skl2onnx writes for imputers, scalers, encoders, linear models, trees, forests, boosting, neural
//!   networks and calibration. Others are refused by name.
//! - Results are within 1e-6 of those of onnxruntime. There are no SHAP values.
//!
//! # Guarantees
//!
//! - **Equal results.** Raw outputs are bit-identical to those of catboost 1.2.10, lightgbm 4.7.0, and xgboost 3.2.0 and
//!   3.4.1, and so are probabilities where the platform's `exp` is; [`Model::promise`] states it for each model. Every
//!   [`Kernel`](catboost::Kernel) gives the same bits, and so does every division of the rows into calls. SHAP values
//!   differ from those of CatBoost and LightGBM by at most 1e-12, relative to values above 1. XGBoost computes them in
//!   32-bit floats; they differ by at most 1e-5 of the largest. scikit-learn 1.9.1 itself does not always add up in the
//!   same order: linear models, perceptrons and forests with several jobs are within 1e-12, and so are probabilities of
//!   several classes; trees are bit-identical.
//! - **Untrusted files.** Reading any bytes ends with a model or an error, and takes at most four times the size of the
//!   file plus 16 KiB of memory, whatever lengths and counts the file claims. (A compressed `.skops` archive takes up to
//!   two decompressed members in addition, each of at most 8 MiB or four times the file.) Scoring a model that was read
//!   does not panic.
//! - **Threads.** Several threads may score or explain different rows of the same [`Inputs`].
//!
//! # Errors
//!
//! Fallible functions return a [`ModelError`], whose message names the file or the column, the cause and, for a file,
//! what to do about it.

mod allowance;
pub mod catboost;
mod ensemble;
mod error;
mod explainer;
mod feature;
mod format;
mod inputs;
mod leaf_tree;
mod lightgbm;
mod link;
mod model;
mod model_levels;
mod onnx;
mod options;
mod promise;
mod shap;
mod sklearn;
mod tree_model;
mod value_column;
mod xgboost;

pub use error::{ModelError, Result};
pub use explainer::{Background, Explainer};
pub use feature::{InputKind, InputPrecision, ModelFeature};
pub use format::FORMATS;
pub use inputs::Inputs;
pub use leaf_tree::{LeafChoices, LeafFeature, LeafTree};
pub use link::Link;
pub use model::Model;
pub use options::{Iterations, ModelOptions};
pub use promise::{Agreement, Promise};
pub use value_column::ValueColumn;
