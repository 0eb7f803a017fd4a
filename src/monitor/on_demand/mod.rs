//! Commands that answer one question: explain, score, replay, check a connection.

pub(crate) mod connect;
pub(crate) mod explain;
pub(crate) mod replay;
pub(crate) mod row_file;
pub(crate) mod score;
pub(crate) mod shap_columns;
