//! Reads scikit-learn models from `.skops` files.
//!
//! `file` parses the archive, its arrays and its graph of objects. `read` turns transformers into steps from column to
//! column and builds the estimator behind them; `score` runs both. `explain` attributes raw outputs to the columns of the
//! log.

pub(crate) mod explain;
pub(crate) mod file;
pub(crate) mod pipeline;
pub(crate) mod read;
pub(crate) mod score;

pub(crate) use explain::PipelineShap;
pub(crate) use pipeline::{SklearnPipeline, SkopsModel};
pub(crate) use read::booster::BoosterModel;
