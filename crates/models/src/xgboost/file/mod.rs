//! Readers of XGBoost's two formats, which hold the same schema.

pub(crate) mod json;
pub(crate) mod source;
pub(crate) mod ubj;
