//! Scores rows: transformers as steps from column to column, then an estimator.

pub(crate) mod calibrator;
pub(crate) mod output;
pub(crate) mod program;
pub(crate) mod scorer;
