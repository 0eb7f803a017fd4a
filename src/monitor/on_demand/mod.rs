//! Commands that answer one question: explain, score, replay, check a range or against another window, check a connection.

pub(crate) mod against;
pub(crate) mod check_model;
pub(crate) mod connect;
pub(crate) mod connect_features;
pub(crate) mod explain;
pub(crate) mod range;
pub(crate) mod replay;
pub(crate) mod row_file;
pub(crate) mod score;
pub(crate) mod shap_columns;
mod split;
pub(crate) mod try_records;
