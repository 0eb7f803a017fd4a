//! Parsers for model files. Both formats produce the same `ModelParts`.

pub(crate) mod cbm;
pub(crate) mod cbm_ctr;
pub(crate) mod flatbuffer;
pub(crate) mod json;
pub(crate) mod json_binarization;
pub(crate) mod json_ctr;
pub(crate) mod json_stream;
pub(crate) mod json_trees;
pub(crate) mod parts;
pub(crate) mod refusal;
