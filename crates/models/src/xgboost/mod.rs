//! XGBoost models in JSON and UBJSON: trees (`gbtree`, `dart`) and linear models (`gblinear`).
//!
//! `file` reads both formats through one interface, `learner` reads their schema, `tree` a tree, and `build` makes a
//! model of the parts. All arithmetic is in 32-bit floats, as in the library, so raw outputs and probabilities have the
//! same bits as those of xgboost 3.2.0 and 3.4.1 (on a `DMatrix`: `inplace_predict` of 3.2 differs for dart, by as much as
//! `dart` says).

mod build;
mod categories;
mod dart;
mod file;
mod iterations;
mod learner;
mod linear;
mod linear_explainer;
mod objective;
pub(crate) mod output;
mod parts;
mod reader;
mod refusal;
mod tree;

pub(crate) use build::XgBoostModel;
pub(crate) use linear::LinearBooster;
pub(crate) use linear_explainer::LinearExplainer;
pub(crate) use reader::{from_bytes, from_estimator};
